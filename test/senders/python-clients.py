"""Client libraries for Python, each telling the same little story: `python-clients.py elasticsearch|loki URL`."""

import datetime
import json
import logging
import sys

client, url = sys.argv[1:]
story = {}
if client == "elasticsearch":
    from elasticsearch import Elasticsearch
    from elasticsearch.helpers import bulk

    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    actions = (
        {
            "_op_type": "create",
            "_index": "logs-shop-default",
            "@timestamp": now,
            "message": f"order {number}",
            "log": {"level": "warn"},
            "service": {"name": "python-elasticsearch"},
        }
        for number in range(25)
    )
    elastic = Elasticsearch(f"{url}/elasticsearch")
    successful, errors = bulk(elastic, actions)
    story = {"successful": successful, "errors": errors}
elif client == "loki":
    import logging_loki

    handler = logging_loki.LokiHandler(
        url=f"{url}/loki/api/v1/push", tags={"service_name": "python-loki"}, version="1"
    )
    logger = logging.getLogger("shop")
    logger.addHandler(handler)
    for number in range(5):
        logger.warning("order %d", number)
    logger.handlers[0].close()

print(json.dumps(story))
