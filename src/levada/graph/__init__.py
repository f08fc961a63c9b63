"""What will run, as plain picklable data: transformations, their uids, and the plan of stages and exchanges.

May import: operators, connectors, formats, state, common.
"""
