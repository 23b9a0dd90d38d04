"""Spark by Spark Connect: how one is named and spoken to."""
