"""Channels (送信経路): how one message leaves, and how to ask what became of it."""
