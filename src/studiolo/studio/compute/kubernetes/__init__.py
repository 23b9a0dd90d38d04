"""What there is to say to a Kubernetes, and what it says."""
