"""Nodes of a Ray that the studio starts on its own machine: each holds its share of it, and jobs are actors that the Ray starts."""
