"""Tells one story through the OpenTelemetry SDK for Python: `python-sdk.py http|grpc ENDPOINT SERVICE`."""

import json
import logging
import sys

from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

way, endpoint, service = sys.argv[1:]
if way == "http":
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    from opentelemetry.exporter.otlp.proto.http import Compression

    options = lambda signal: {"endpoint": f"{endpoint}/v1/{signal}", "compression": Compression.Gzip}
else:
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    options = lambda _signal: {"endpoint": endpoint, "insecure": True}

resource = Resource.create({"service.name": service, "service.instance.id": "p1"})
traces = TracerProvider(resource=resource)
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(**options("traces"))))
logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(**options("logs"))))
reader = PeriodicExportingMetricReader(OTLPMetricExporter(**options("metrics")), export_interval_millis=3_600_000)
metrics = MeterProvider(resource=resource, metric_readers=[reader])

log = logging.getLogger("shop")
log.setLevel(logging.INFO)
log.addHandler(LoggingHandler(logger_provider=logs))

tracer = traces.get_tracer("shop", "2.0")
with tracer.start_as_current_span("GET /carts", kind=trace.SpanKind.SERVER) as parent:
    parent.set_attribute("http.route", "/carts")
    with tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT) as child:
        child.set_attribute("db.system.name", "postgresql")
        child.set_attribute("rows", 3)
        child.set_attribute("ids", [1, 2])
        child.add_event("waited", {"ms": 1.5})
        log.warning("cart %s is slow ✗", 17, extra={"cart": 17})
        child.set_status(trace.Status(trace.StatusCode.ERROR, "timeout"))
log.error("out of any trace")

meter = metrics.get_meter("shop")
meter.create_counter("carts").add(2, {"kind": "big"})
meter.create_up_down_counter("open.carts").add(-1)
meter.create_gauge("load", unit="1").set(0.75)
histogram = meter.create_histogram("wait", unit="s", explicit_bucket_boundaries_advisory=[0.5, 2])
for seconds in (0.25, 1.5, 4):
    histogram.record(seconds)

for provider in (traces, logs, metrics):
    provider.force_flush()
    provider.shutdown()

context = [span.get_span_context() for span in (parent, child)]
print(json.dumps({"traceId": f"{context[0].trace_id:032x}", "spanIds": [f"{one.span_id:016x}" for one in context]}))
