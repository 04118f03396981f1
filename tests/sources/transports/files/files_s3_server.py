"""A real S3 server on loopback (moto's own server), with the requests it got."""

from __future__ import annotations

import threading
import urllib.request
from dataclasses import dataclass

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

KEY, SECRET, BUCKET = "AKIAINVENTED00008417", "s3-secret-invented-84179", "franklin-drop"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


class S3Server:
    """moto's S3 with one bucket; `cuts` lists how many bytes of the next bodies are sent."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.cuts: list[int] = []
        self.statuses: list[str] = []
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        # moto keeps its buckets by process, not by server.
        reset = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(reset, timeout=10).close()
        self.client.create_bucket(Bucket=BUCKET)
        self.forget()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body)

    def forget(self) -> None:
        self.asked.clear()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _app(self):
        moto = DomainDispatcherApplication(create_backend_app)

        def app(environ, start_response):
            headers = {k[5:]: v for k, v in environ.items() if k.startswith("HTTP_")}
            asked = Asked(
                environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), headers
            )
            self.asked.append(asked)
            if self.statuses:
                start_response(self.statuses.pop(0), [("Content-Length", "0")])
                return [b""]
            body = moto(environ, start_response)
            if asked.method == "GET" and self.cuts and "list-type" not in asked.query:
                return [b"".join(body)[: self.cuts.pop(0)]]
            return body

        return app
