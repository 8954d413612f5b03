"""HTTP server for one WSGI application, with bounded queues, timeouts and a graceful shutdown (drain).

    client ── event_loop ── parser ── scheduler ─┬─ probe, fast: answered by the event loop itself
                  │                              ├─ work, login: answered by a pool of threads
                  └────── responder ─────────────┴─ full: 503

server.serve() opens the socket, runs the event loop and drains the connections. After
SIGTERM and drain_delay_seconds, open requests have drain_deadline_seconds to finish.
The library waitress parses HTTP. Only parser.py imports waitress.
"""
