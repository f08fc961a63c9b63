"""What sources and sinks have in common."""

from levada.connectors.base import Sink, Source
from levada.connectors.delivery import DeliveryGuarantee

__all__ = ["DeliveryGuarantee", "Sink", "Source"]
