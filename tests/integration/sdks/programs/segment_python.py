"""What a server does with Segment's SDK for Python, unmodified: `segment_python.py HOST KEY COUNT`."""

import sys

from segment.analytics.client import Client

host, key, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
failed = []
client = Client(key, host=host, gzip=count % 2 == 0, on_error=lambda error, _: failed.append(error))
client.identify("c-1", {"email": "anna@shop.example", "plan": "pro"}, anonymous_id="v-1")
client.page("c-1", "Shop", "Prices", {"url": "https://shop.example/prices", "referrer": "https://search.example/"}, anonymous_id="v-1")
client.screen("c-1", "App", "Prices", {}, anonymous_id="v-1")
client.track("c-1", "Order Completed", {"revenue": 49.5, "currency": "EUR", "rate": float("nan")}, anonymous_id="v-1")
client.group("c-1", "g-1", {"name": "Shop Ltd"}, anonymous_id="v-1")
client.alias("v-0", "c-1")
for number in range(count):
    client.track("c-1", "Step Taken", {"number": number}, anonymous_id="v-1")
client.shutdown()
sys.exit(f"not delivered: {failed}" if failed else 0)
