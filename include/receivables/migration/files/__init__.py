"""The files of a migration (移行ファイル): what a receiver wants, the writer, and the independent reader.

`writing` and `rereading` share `profile` and nothing else.
"""
