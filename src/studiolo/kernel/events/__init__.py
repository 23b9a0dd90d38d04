"""What happened: an outbox written in the caller's transaction, and the feed that reads it."""
