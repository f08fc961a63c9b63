"""Names of side outputs."""

from levada.common.output_tag import OutputTag

__all__ = ["OutputTag"]
