"""Connectors under PyFlink's paths: each name is the same object as in ``levada.connectors``.

May import ``connectors`` and ``formats``.
"""

from levada.connectors.base import Sink, Source
from levada.connectors.delivery import DeliveryGuarantee

__all__ = ["DeliveryGuarantee", "Sink", "Source"]
