"""Spark jobs: a script or a class run by Spark, on this machine or against a Spark that is attached."""
