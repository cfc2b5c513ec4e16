# SPDX-License-Identifier: Apache-2.0
"""A device of years ago, as TLS shows it: what stands behind it is of today."""
import hashlib
import select
import socket
import ssl
import threading

import scenario


class OldDevice:
    """Before a server of ours stands one that knows TLS 1.2 and nothing newer, by default with CBC alone.

    `shows`: files of its certificate and key, else they are made. `closing`: it ends the connection after each response. `chokes`:
    it hangs up on an offer of TLS 1.3. `on_response` is called before each response leaves.
    """

    def __init__(self, site, behind, suites="ECDHE-RSA-AES128-SHA256", shows=None, closing=False, chokes=False):
        self.behind, self.closing, self.chokes, self.on_response = behind, closing, chokes, lambda: None
        certificate, key = shows or self._make(site)
        public = scenario.command("openssl", "x509", "-in", certificate, "-pubkey", "-noout").stdout
        self.pin = "sha256:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(
            public.replace("PUBLIC KEY", "CERTIFICATE").strip())).hexdigest()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_ciphers(suites)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"ipps://localhost:{self.listener.getsockname()[1]}/ipp/print"
        self.spoken = []  # suite and version of each connection, or that there was none
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def _make(site):
        certificate, key = site.dir / "old.pem", site.dir / "old.key"
        made = scenario.command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost",
                                "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate)
        assert made.returncode == 0, made.stderr
        return certificate, key

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        raw.settimeout(20)
        if self.chokes and self._offers_tls13(raw):
            self.spoken.append(None)
            raw.close()
            return
        try:
            near = self.context.wrap_socket(raw, server_side=True)
        except OSError:
            self.spoken.append(None)
            return
        self.spoken.append(near.cipher()[:2])
        # Two names for one device: the far one knows itself by its own.
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with near, socket.create_connection(("127.0.0.1", self.behind), 20) as far_raw, trusting.wrap_socket(far_raw) as far:
            if self.closing:
                self._answer_once(near, far)
                return
            other = {near: far, far: near}
            while True:
                ready = [s for s in other if s.pending()] or select.select(list(other), [], [], 20)[0]
                for side in ready:
                    try:
                        data = side.recv(65536)
                        if not data:
                            return
                        other[side].sendall(data)
                    except OSError:
                        return
                if not ready:
                    return

    @staticmethod
    def _offers_tls13(raw):
        """Looks at the greeting without taking it: the extension supported_versions names 0x0304."""
        while True:
            greeting = raw.recv(8192, socket.MSG_PEEK)
            if not greeting or len(greeting) >= 5 + int.from_bytes(greeting[3:5], "big"):
                break
        at = greeting.find(b"\x00\x2b\x00")
        return at >= 0 and b"\x03\x04" in greeting[at + 5:at + 4 + greeting[at + 3] + 1]

    def _answer_once(self, near, far):
        """One request and its response, which says that it is the last."""
        def more(side):
            data = side.recv(65536)
            if not data:
                raise OSError("cut short")
            return data

        def message(side):
            data = b""
            while b"\r\n\r\n" not in data:
                data += more(side)
            head, _, body = data.partition(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            while len(body) < length:
                body += more(side)
            return head, body
        try:
            far.sendall(b"\r\n\r\n".join(message(near)))
            head, body = message(far)
            self.on_response()
            near.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
        except OSError:
            pass

    def close(self):
        self.listener.close()
