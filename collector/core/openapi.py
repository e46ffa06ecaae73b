"""The description of the collector's paths as an OpenAPI document: `/openapi.json`, and docs/reference/openapi.json."""

from typing import Any

from collector.core.mapping import TYPES as MESSAGE_TYPES
from collector.core.opt_outs import MAX_PAGE
from collector.core.routes import ROUTES, Route
from schemas.kinds import Kind
from schemas.rejections import Reason

Schema = dict[str, Any]

REFUSALS = {
    "400": "The body cannot be read. Do not send it again.",
    "401": "The key is missing or unknown, or this origin may not use it.",
    "403": "Not Postmark's secret, a write key where a secret key is needed, or a site that tells visitors nothing. Do not try again.",
    "404": "There is no such path or customer, or the token is not one that footprint signed.",
    "406": "Not Mailgun's, or used before: the signature does not hold. Mailgun does not try again.",
    "408": "The request did not arrive in time.",
    "413": "Too large; the message names the limit.",
    "415": "An unknown Content-Encoding.",
    "429": "The key is over its site's rate. Send the events again after Retry-After seconds.",
    "431": "Request line and headers are too large.",
    "503": "The events cannot be made durable, or the list is not known, now. Try again after Retry-After seconds.",
}
RETRY = {"429", "503"}
MAIL_ONLY = {"403", "404", "406"}
ABSENT: Schema = {"type": "null"}
MAY_SAY_ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def document(version: str) -> Schema:
    """Return the OpenAPI 3.1 document of every path; paths with a final `/` are the same and left out."""
    ingest = {path: _ingest(path, route) for path, route in ROUTES.items() if not path.endswith("/")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "footprint collector",
            "version": version,
            "description": "Takes events and answers 200 when they are durable. Every path works with and without a final `/`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": ingest | _others(),
        "components": {"schemas": _schemas(), "securitySchemes": _keys()},
    }


def _ingest(path: str, route: Route) -> Schema:
    operation_id = path.strip("/").replace("/", "_")
    if route.form == "discard":
        return {
            "post": {"operationId": operation_id, "summary": "Take an SDK's own metrics and throw them away.", "responses": _ok("Taken")}
        }
    if route.form == "pixel":
        return {"get": {"operationId": operation_id, "summary": "One message as an image.", "parameters": _pixel(), "responses": _image()}}
    body = "Batch" if route.form == "batch" else "Message"
    return {
        "post": {
            "operationId": operation_id,
            "summary": "Many messages." if route.form == "batch" else f"One message; `type` is `{route.type}` unless it says otherwise.",
            "description": "Content-Type is never checked; gzip is recognised by its first bytes.",
            "security": [{"basic": []}, {"bearer": []}, {"header": []}, {"query": []}, {}],
            "parameters": [_query("historical", "`1` marks history: stored with its own time, never live.", {"type": "string"})],
            "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(body)}}},
            "responses": _ok("Accepted") | {status: _refusal(status) for status in REFUSALS if status not in MAIL_ONLY},
        }
    }


def _others() -> dict[str, Schema]:
    health = {"200": _json("Ready", MAY_SAY_ANYTHING), "503": _json("Events cannot be made durable now.", MAY_SAY_ANYTHING)}
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}, "description": "A write key."}
    build = {
        "name": "build",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
        "description": "`full`, or a hash.",
    }
    script = {"200": {"description": "JavaScript", "content": {"text/javascript": {}}}, "304": {"description": "Unchanged"}}
    missing = {"404": {"description": "Not built"}}
    return {
        "/v1/projects/{key}/settings": _get("What analytics.js asks for before it sends.", _json_ok() | {"401": _refusal("401")}, key),
        "/v1/visitor": {"post": {"operationId": "visitor", "summary": "Say whose browser this is; set or end its first-party cookie.",
                                 "requestBody": {"content": {"application/json": {"schema": _ref("VisitorQuestion")}}},
                                 "responses": _json_ok() | {status: _refusal(status) for status in ("401", "408", "413", "431")}}},
        "/fp.js": _get("The browser snippet.", script | missing),
        "/fp.{build}.js": _get("Another build of the snippet; one named by its hash never changes.", script | missing, build),
        **_mail(),
        "/v1/suppressions": _suppressions(),
        "/v1/profiles/{customer}": _profiles(),
        "/v1/me": _me(),
        "/live": _get("200 while the process runs.", _json_ok()),
        "/ready": _get("200 while events can be made durable; from a background probe, never from traffic.", health),
        "/metrics": _get("Prometheus text.", {"200": {"description": "Metrics", "content": {"text/plain": {}}}}),
        "/openapi.json": _get("This document.", _json_ok()),
        "/docs": _get("This document for people.", {"200": {"description": "A page", "content": {"text/html": {}}}}),
    }  # fmt: skip


def _mail() -> dict[str, Schema]:
    token = {
        "name": "token",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
        "description": "Signed by `footprint email`.",
    }
    page = {"200": {"description": "A page", "content": {"text/html": {}}}, "404": _refusal("404")}
    form = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"List-Unsubscribe": {"type": "string"}}}}}
    choose = {
        "operationId": "preferences",
        "summary": "Change preferences: the form of the page, or the one-click POST of RFC 8058.",
        "parameters": [token],
        "requestBody": {"content": form},
        "responses": page | {status: _refusal(status) for status in ("408", "413", "431", "503")},
    }
    provider = {"name": "provider", "in": "path", "required": True, "schema": {"enum": ["sendgrid", "mailgun", "postmark", "ses"]}}
    site = {"name": "site", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    hook = {
        "operationId": "hook",
        "summary": "Take what an e-mail provider reports; its signature or secret is checked over the raw body.",
        "parameters": [provider, site],
        "requestBody": {"content": {"application/json": {"schema": MAY_SAY_ANYTHING}}},
        "responses": _json_ok() | {status: _refusal(status) for status in ("400", "401", "403", "404", "406", "408", "413", "431", "503")},
    }
    return {
        "/hooks/{provider}/{site}": {"post": hook},
        "/e/o/{token}.gif": _get("Count an open of an e-mail; the image is always the same.", _image(), token),
        "/e/c/{token}": _get(
            "Count a click and lead on; a link of a retired key asks first.", page | {"302": {"description": "The target"}}, token
        ),
        "/e/u/{token}": _get("The page of e-mail preferences. Looking at it changes nothing.", page, token) | {"post": choose},
    }


def _suppressions() -> Schema:
    names = {"type": "array", "items": {"type": "string"}}
    who = _object(
        ["customer", "out", "in", "source", "at"], customer=_text(), out=names, source=_text(), at={"type": "integer"}, **{"in": names}
    )
    listed = _object(
        ["success", "site", "suppressions", "next"],
        success={"const": True},
        site=_text(),
        suppressions={"type": "array", "maxItems": MAX_PAGE, "items": who},
        next=_text("After whom to go on; null: that was all.", absent=True),
    )
    found = _json("The customers by id.", listed) | {"headers": {"ETag": {"schema": {"type": "string"}}}}
    answer = _get(
        "Who must not be sent what: for servers that send, with a secret key.",
        {"200": found, "304": {"description": "Unchanged: If-None-Match names its ETag."}}
        | {code: _refusal(code) for code in ("400", "401", "503")},
        _query("channel", "By default `email`.", {"type": "string"}),
        _query("topic", "Only those who must not be sent this topic, and `all` for those who want nothing.", {"type": "string"}),
        _query("after", "Only customers after this one: the `next` of the page before.", {"type": "string"}),
        _query("limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE}),
    )
    answer["get"]["security"] = [{"basic": []}, {"bearer": []}, {"header": []}]
    return answer


def _profiles() -> Schema:
    customer = {"name": "customer", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    found = _json("The profile.", _ref("Profile")) | {"headers": {"ETag": {"schema": {"type": "string"}}}}
    answers = {"200": found, "304": {"description": "Unchanged: If-None-Match names its ETag. Values decay all the same."}}
    refusals = {code: _refusal(code) for code in ("401", "403", "404", "503")}
    answer = _get("What is known of a customer: for the site's servers, with a secret key.", answers | refusals, customer)
    answer["get"]["security"] = [{"basic": []}, {"bearer": []}, {"header": []}]
    return answer


def _me() -> Schema:
    key = _query("writeKey", "The write key.", {"type": "string"})
    of_customer = {"name": "X-Customer-Token", "in": "header", "required": False, "schema": {"type": "string"}}
    told = _object(["success", "profile"], success={"const": True}, profile=MAY_SAY_ANYTHING, token=_text("The token for the next time."))
    made = _object(["success"], success={"const": True}, visitorId=_text("An id that the collector made."), token=_text("Its token."))
    tell = _get(
        "What the site tells the visitor at hand of their own profile.",
        {"200": _json("The listed fields.", told)} | {code: _refusal(code) for code in ("401", "403", "503")},
        key,
        of_customer,
    )
    make = {
        "operationId": "meVisitor",
        "summary": "Make a visitor id, and the token that proves it.",
        "parameters": [key],
        "responses": {"200": _json("The id and its token.", made)} | {code: _refusal(code) for code in ("401", "403", "408", "413", "431")},
    }
    return tell | {"post": make}


def _get(summary: str, responses: Schema, *parameters: Schema) -> Schema:
    return {"get": {"summary": summary, "responses": responses} | ({"parameters": list(parameters)} if parameters else {})}


def _schemas() -> Schema:
    counts = {name: {"type": "integer", "minimum": 0} for name in ("accepted", "duplicate", "rejected")}
    codes = [reason.value for reason in Reason]
    error = _object(["index", "id", "code", "message"], index={"type": "integer"}, id=_text(), code={"enum": codes}, message=_text())
    return {
        "Message": _message(),
        "Batch": _object(
            ["batch"],
            batch={"type": "array", "maxItems": 10_000, "items": _ref("Message")},
            sentAt=_time("When the request left, by the client's clock."),
            writeKey=_text("The last place where a key is looked for."),
        ),
        "Accepted": _object(
            ["success", "accepted", "duplicate", "rejected"],
            success={"const": True}, **counts, errors={"type": "array", "maxItems": 100, "items": error},
        ),
        "VisitorQuestion": _object(
            ["writeKey"],
            writeKey=_text("The write key."),
            mode={"enum": ["js", "server", "none"], "description": "`server` sets the cookie."},
            visitorId=_text("The id that the snippet has.", absent=True),
            token=_text("What another domain of the site was told.", absent=True),
            reset={"type": "boolean", "description": "End the cookie."},
        ),
        "Profile": _object(
            ["success", "site", "customer", "stage", "scores", "bands", "interests", "segments", "preferences", "updatedAt", "asOf"],
            success={"const": True}, site=_text(), customer=_text(), stage=_text("Of the lifecycle; empty: none is reached yet."),
            scores=MAY_SAY_ANYTHING, bands=MAY_SAY_ANYTHING, interests={"type": "array", "items": MAY_SAY_ANYTHING},
            segments=MAY_SAY_ANYTHING, preferences={"type": "array", "items": MAY_SAY_ANYTHING},
            consent={"anyOf": [MAY_SAY_ANYTHING, ABSENT]}, updatedAt={"type": "integer"}, asOf={"type": "integer"},
        ),
        "Taken": _object(["success"], success={"const": True}),
        "Refused": _object(["success", "code", "message"], success={"const": False}, code=_text(), message=_text()),
    }  # fmt: skip


def _message() -> Schema:
    something = {"anyOf": [MAY_SAY_ANYTHING, ABSENT]}
    return _object(
        [],
        type={"enum": list(MESSAGE_TYPES), "description": "By default the path's."},
        event=_text("The name of a `track` call."),
        name=_text("The name of a page or screen.", absent=True),
        kind={"enum": [kind.value for kind in Kind], "description": "By default from `type` and `event`."},
        messageId=_text("The id of the event; made when absent."),
        anonymousId=_text("The visitor.", absent=True),
        userId=_text("The customer.", absent=True),
        previousId=_text("The id that an `alias` links from.", absent=True),
        groupId=_text("The group.", absent=True),
        timestamp=_time("When it happened, by the client's clock."),
        originalTimestamp=_time("Read when `timestamp` is absent."),
        sentAt=_time("When the request left, by the client's clock."),
        properties=something,
        traits=something,
        context=something,
    )


def _pixel() -> list[Schema]:
    names = {"data": "One message as base64 JSON.", "writeKey": "The write key.", "anonymousId": "The visitor.", "userId": "The customer.",
             "event": "The name of a `track` call.", "messageId": "The id of the event."}  # fmt: skip
    return [_query(name, text, {"type": "string"}) for name, text in names.items()]


def _image() -> Schema:
    return {"200": {"description": "A transparent image of one pixel, whatever was asked.", "content": {"image/gif": {}}}}


def _keys() -> Schema:
    return {
        "basic": {"type": "http", "scheme": "basic", "description": "The key is the user, without a password."},
        "bearer": {"type": "http", "scheme": "bearer"},
        "header": {"type": "apiKey", "in": "header", "name": "X-Write-Key"},
        "query": {"type": "apiKey", "in": "query", "name": "writeKey"},
    }


def _ok(schema: str) -> Schema:
    return {"200": _json("Every event is durable, or told below why not.", _ref(schema))}


def _json_ok() -> Schema:
    return {"200": _json("JSON", MAY_SAY_ANYTHING)}


def _refusal(status: str) -> Schema:
    described = _json(REFUSALS[status], _ref("Refused"))
    return described | ({"headers": {"Retry-After": {"schema": {"type": "string"}}}} if status in RETRY else {})


def _json(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _query(name: str, description: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": True}


def _text(description: str = "", *, absent: bool = False) -> Schema:
    schema: Schema = {"type": ["string", "null"] if absent else "string"}
    return schema | ({"description": description} if description else {})


def _time(description: str) -> Schema:
    return {"type": ["string", "number", "null"], "description": f"{description} ISO 8601, or Unix seconds or milliseconds."}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
