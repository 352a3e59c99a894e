"""Long-running processes around the ledger: what they do all day, and how they are watched.

``writer``   the writer on a cluster: candidate, standby, leader
``watch``    health, readiness and metrics over HTTP
``metrics``  the Prometheus metrics of a writer
``logging``  structured log lines on stderr
"""
