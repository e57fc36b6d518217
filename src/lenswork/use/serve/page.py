"""The small page at the root of a server."""

from collections.abc import Mapping
from html import escape

from lenswork.model.contract import Contract
from lenswork.model.describe import format_bytes
from lenswork.use.serve.limits import Limits

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-weight: 600; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
code, pre { font: 0.9em ui-monospace, monospace; } pre { overflow-x: auto; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: 0.25rem 1rem; } dd { margin: 0; }
form { margin-top: 1rem; } button { padding: 0.25rem 1rem; } p.soft { opacity: 0.75; }
"""


def page(contracts: Mapping[str, Contract], limits: Limits, host: str) -> str:
    """What is served at `host`, as HTML: each model, a form to try it, and the limits."""
    models = "\n".join(_model(name, contract, host) for name, contract in contracts.items())
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Lenswork serves {escape(", ".join(contracts))}</title><style>{STYLE}</style></head>
<body>
<main>
<h1>Pictures in, classes out</h1>
<p>For programs: <a href="/openapi.json">/openapi.json</a> says how,
<a href="/models">/models</a> what, <a href="/healthz">/healthz</a> whether,
<a href="/metrics">/metrics</a> how much.</p>
{models}
<p class="soft">A request may have {limits.pictures} pictures and
{format_bytes(limits.request_bytes)}, a picture {limits.pixels:,} pixels; an answer takes at most
{limits.seconds:g} s.</p>
</main>
</body>
</html>
"""


def _model(name: str, contract: Contract, host: str) -> str:
    address = f"/models/{escape(name)}/predict"
    label = escape(f"A picture for {name}")
    return f"""<section>
<h2>{escape(name)}</h2>
<dl>
<dt>classes</dt><dd>{escape(", ".join(contract.classes))}</dd>
<dt>pictures</dt><dd>{escape(contract.preprocess.describe())}</dd>
<dt>net</dt><dd><code>{escape(contract.net or "a torch module")}</code></dd>
</dl>
<pre>curl -F picture=@FILE {escape(host)}{address}</pre>
<form action="{address}" method="post" enctype="multipart/form-data">
<label>{label} <input type="file" name="picture" accept="image/*" multiple required></label>
<button>Ask</button>
</form>
</section>"""
