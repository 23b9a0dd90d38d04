"""The command line; talks HTTP through the SDK, never to the database."""
