"""Handing over (引渡し): contacts that leave in files: letters to the printer, lists to dialler and phone centre.

Claimed and certified one by one as messages are, written whole, committed, and only then released to the vendor.
"""
