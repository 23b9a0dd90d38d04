"""Looking into a version of any size: rows at any place, sorted and filtered, summaries, charts, SQL. Each in a child process:

the server forwards what they answer and never parses a row or a query itself.
"""
