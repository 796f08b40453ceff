# The image of every Airflow service in docker-compose.yml, and the SFTP door.
# One environment for Airflow, dbt and Great Expectations: docs/decisions/0013-one-environment.md
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt /build/
RUN /opt/venv/bin/pip install --require-hashes -r /build/requirements.txt
COPY pyproject.toml requirements.in /opt/saiken/
COPY include /opt/saiken/include
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation --editable /opt/saiken

FROM ${PYTHON_IMAGE} AS airflow
# The letters' font (書面).
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 50000 saiken \
    && useradd --uid 50000 --gid 50000 --create-home --shell /usr/sbin/nologin saiken \
    && install -d -o 50000 -g 50000 /var/lib/saiken /opt/airflow /opt/airflow/logs /ledger \
    && install -d -o 50001 -g 50001 -m 2750 /drop
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/saiken /opt/saiken
COPY dbt_project /opt/saiken/dbt_project
COPY dags /opt/saiken/dags
COPY plugins /opt/saiken/plugins
COPY LICENSE NOTICE /opt/saiken/
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TZ=Asia/Tokyo \
    AIRFLOW_HOME=/opt/airflow \
    RECEIVABLES_STATE=/var/lib/saiken \
    GX_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1
WORKDIR /opt/saiken
USER 50000:50000
ENTRYPOINT []
CMD ["airflow", "version"]

# Departments put their files here and can do nothing else: no shell, no forwarding, keys only.
FROM debian:bookworm-slim AS sftp
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openssh-server netcat-openbsd \
    && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_* \
    && groupadd --gid 50001 departments \
    && useradd --uid 50001 --gid 50001 --home-dir /drop --shell /usr/sbin/nologin --password '*' departments \
    && install -d -o 50001 -g 50001 -m 2750 /drop
USER 50001:50001
CMD ["/usr/sbin/sshd", "-D", "-e", \
     "-o", "Port=2222", "-o", "HostKey=/run/secrets/sftp_host_key", "-o", "PidFile=none", \
     "-o", "AuthorizedKeysFile=/run/secrets/sftp_authorized_keys", "-o", "StrictModes=no", "-o", "UsePAM=no", \
     "-o", "PasswordAuthentication=no", "-o", "KbdInteractiveAuthentication=no", "-o", "PermitRootLogin=no", \
     "-o", "AllowUsers=departments", "-o", "DisableForwarding=yes", "-o", "PermitTTY=no", \
     "-o", "Subsystem=sftp internal-sftp", "-o", "ForceCommand=internal-sftp -d /drop -u 0027"]
