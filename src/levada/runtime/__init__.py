"""The loop: tasks, channels, gates, exchanges, clocks, executors; one attempt of a job in one process.

May import: checkpoint, graph, operators, connectors, formats, state, common.
"""
