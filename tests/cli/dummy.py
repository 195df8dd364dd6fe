"""The smallest program that the supervisor can keep: answers on $KEPIL_PORT, dies at once if told so by $DUMMY_FAILS."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


if __name__ == "__main__":
    if "DUMMY_FAILS" in os.environ:
        sys.exit("no configuration for the dummy")
    HTTPServer((os.environ["KEPIL_HOST"], int(os.environ["KEPIL_PORT"])), Ready).serve_forever()
