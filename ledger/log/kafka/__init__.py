"""The event log on a Kafka cluster.

``config``      every client setting, with its reason
``security``    how a client is let in: TLS, users, passwords
``topics``      the four topics: created, checked, identified
``access``      who may do what with them: access rules, granted and checked
``stream``      one topic partition read block by block
``reader``      ``KafkaReader``: the reading half of the port
``log``         ``KafkaLog``: one block is one transaction; recovery
``leadership``  who may try to be the writer
``faults``      what an error of the client library means for us

The package is the only place that knows ``confluent_kafka``.
"""
