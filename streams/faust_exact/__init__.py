"""Exactly-once delivery on Faust: the one place that knows Faust's and aiokafka's internals.

For a reader who knows Kafka:

- Faust brings consumption, group membership, flow control and batches ("takes"). It holds no table and no state.
- A *hop* reads one source topic and keeps one state topic, partition by partition (`hop.py`).
- The owner of a source partition has one transactional producer for it (`ownership.py`). Starting the producer fences
  every older owner and aborts what it left open. Only then is the partition's compacted state topic read, in bulk
  (`changelog.py`), and only then is the source sought to the marker + 1.
- Each take is one transaction per partition: outputs, changed state and the *marker*, the last source offset that the
  state has absorbed (`transaction.py`). The records are acknowledged after it. What is committed to the consumer group
  is the marker too, but only as a hint: the marker in the state topic is the truth.
- Each fetched record carries `prev`, the offset that the fetch returned before it (`consumer.py`). `prev <= marker < offset`
  is accepted: nothing visible lies between. Anything else rewinds (`acceptance.py`). That holds on transactional topics
  too, whose offsets have holes by nature.
- One lock per partition is held from reading its state until the commit, by takes and timers alike (`partition.py`).
- Whatever goes wrong ends the process (`exits.py`); a supervisor starts it again. A frozen process ends itself
  (`watchdog.py`).

`engine.py` runs it: `Engine(delivery, hops, ...)`, then `start`, `status`, `stop`.
"""
