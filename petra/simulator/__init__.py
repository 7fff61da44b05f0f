"""The networks as real HTTP servers, with faults and a clock: for the demo, tests and benchmarks.

A process of its own: knows nothing of Django or the database, imports only `lib`. `running.run` starts it.
"""
