"""The vault: named secrets with versions, who may use them, and the master key that seals them."""
