# SPDX-License-Identifier: Apache-2.0
"""A collector of syslog messages over TLS."""
import socket
import ssl
import threading


def messages(data):
    """RFC 5425, section 4.3: the messages, each behind its length."""
    out = []
    while data:
        length, _, data = data.partition(b" ")
        out.append(data[:int(length)])
        data = data[int(length):]
    return out


class Collector:
    """A syslog collector over TLS, as RFC 5425 has it: takes one connection, keeps its messages."""

    def __init__(self, site, daemon="release"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(site.root / daemon / "tls" / "cert.pem", site.root / daemon / "tls" / "key.pem")
        context.load_verify_locations(site.root / "public" / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.data, self.ended = b"", None
        self.thread = threading.Thread(target=self._serve, args=(context,), daemon=True)
        self.thread.start()

    def _serve(self, context):
        try:
            connection, _ = self.listener.accept()
            with context.wrap_socket(connection, server_side=True) as stream:
                while piece := stream.recv(65536):
                    self.data += piece
            self.ended = "in order"
        except OSError as error:
            self.ended = str(error)
        finally:
            self.listener.close()

    def messages(self):
        self.thread.join(20)
        return messages(self.data)
