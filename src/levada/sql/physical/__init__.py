"""How a query is computed: operators, exchanges, and which changes flow between them.

Imports ``levada.sql.logical``, ``levada.sql.catalog`` and ``levada.sql.types``.
"""

from __future__ import annotations

from levada.sql.physical.changelog import infer_changelog
from levada.sql.physical.planner import PlannerSettings, plan

__all__ = ["PlannerSettings", "infer_changelog", "plan"]
