"""Handing over (引渡し): contacts that leave in files: letters to the printer, lists to the dialler and the phone centre.

Claimed and certified one by one like a message, written whole, committed, and only then released to the vendor's folder.
"""
