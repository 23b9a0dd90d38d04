"""What runs beside a job, anywhere: standard library only."""
