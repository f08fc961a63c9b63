"""Windows over rows: assigners, triggers, and the operators that run them.

``spec.WindowRows`` describes a window call as plain data. Tumbling and sliding event-time windows that fire at their
end run in ``aligned`` (panes shared by all keys, no timers), event-time sessions in ``session``, everything else in
``operator``. All three keep to one description; tests hold them to the same model.
"""

from levada.operators.row.window.assigners import (
    GlobalWindows,
    SlidingEventTimeWindows,
    SlidingProcessingTimeWindows,
    TumblingEventTimeWindows,
    TumblingProcessingTimeWindows,
)
from levada.operators.row.window.count import CountSlidingWindowAssigner, CountTrigger, CountTumblingWindowAssigner
from levada.operators.row.window.evictors import (
    CountEvictor,
    DeltaEvictor,
    Evictor,
    TimeEvictor,
    TimestampedValue,
)
from levada.operators.row.window.more_triggers import (
    DeltaFunction,
    DeltaTrigger,
    EndOfStreamTrigger,
    ProcessingTimeoutTrigger,
)
from levada.operators.row.window.serializers import CountWindowSerializer, GlobalWindowSerializer, TimeWindowSerializer
from levada.operators.row.window.session_assigners import (
    DynamicEventTimeSessionWindows,
    DynamicProcessingTimeSessionWindows,
    EventTimeSessionWindows,
    ProcessingTimeSessionWindows,
    SessionWindowTimeGapExtractor,
)
from levada.operators.row.window.spec import WindowRows
from levada.operators.row.window.time_triggers import (
    ContinuousEventTimeTrigger,
    ContinuousProcessingTimeTrigger,
    EventTimeTrigger,
    ProcessingTimeTrigger,
)
from levada.operators.row.window.trigger import NeverTrigger, PurgingTrigger, Trigger, TriggerResult
from levada.operators.row.window.windows import (
    CountWindow,
    GlobalWindow,
    MergingWindowAssigner,
    TimeWindow,
    Window,
    WindowAssigner,
)

__all__ = [
    "ContinuousEventTimeTrigger",
    "ContinuousProcessingTimeTrigger",
    "CountEvictor",
    "CountSlidingWindowAssigner",
    "CountTrigger",
    "CountTumblingWindowAssigner",
    "CountWindow",
    "CountWindowSerializer",
    "DeltaEvictor",
    "DeltaFunction",
    "DeltaTrigger",
    "DynamicEventTimeSessionWindows",
    "DynamicProcessingTimeSessionWindows",
    "EndOfStreamTrigger",
    "EventTimeSessionWindows",
    "EventTimeTrigger",
    "Evictor",
    "GlobalWindow",
    "GlobalWindowSerializer",
    "GlobalWindows",
    "MergingWindowAssigner",
    "NeverTrigger",
    "ProcessingTimeSessionWindows",
    "ProcessingTimeTrigger",
    "ProcessingTimeoutTrigger",
    "PurgingTrigger",
    "SessionWindowTimeGapExtractor",
    "SlidingEventTimeWindows",
    "SlidingProcessingTimeWindows",
    "TimeEvictor",
    "TimeWindow",
    "TimeWindowSerializer",
    "TimestampedValue",
    "Trigger",
    "TriggerResult",
    "TumblingEventTimeWindows",
    "TumblingProcessingTimeWindows",
    "Window",
    "WindowAssigner",
    "WindowRows",
]
