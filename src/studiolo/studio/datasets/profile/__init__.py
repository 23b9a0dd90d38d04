"""What a table's columns hold, at twice the cost of decoding them.

Tier one is a single scan: exact counts, extremes, means, a distinct sketch, and a random sample of the rows. Tier two looks
at the sample only: quantiles, histogram, frequent values, correlations. Tables of up to a million rows that fit in memory are
their own sample, so everything is exact.
"""
