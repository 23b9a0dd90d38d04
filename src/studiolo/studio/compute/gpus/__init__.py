"""GPUs of this machine: which there are, and who has which. Each is leased whole."""
