"""What a server does with RudderStack's SDK for Python, unmodified: `rudderstack_python.py HOST KEY COUNT`."""

import sys

from rudderstack.analytics.client import Client

host, key, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
failed = []
client = Client(key, host=host, on_error=lambda error, _: failed.append(error))
client.identify("c-1", {"email": "anna@shop.example", "plan": "pro"}, anonymous_id="v-1")
client.page("c-1", "Shop", "Prices", {"url": "https://shop.example/prices", "referrer": "https://search.example/"}, anonymous_id="v-1")
client.screen("c-1", "App", "Prices", {}, anonymous_id="v-1")
client.track("c-1", "Order Completed", {"revenue": 49.5, "currency": "EUR", "rate": float("inf")}, anonymous_id="v-1")
client.group("c-1", "g-1", {"name": "Shop Ltd"}, anonymous_id="v-1")
client.alias("v-0", "c-1")
for number in range(count):
    client.track("c-1", "Step Taken", {"number": number}, anonymous_id="v-1")
client.flush()
client.join()
sys.exit(f"not delivered: {failed}" if failed else 0)
