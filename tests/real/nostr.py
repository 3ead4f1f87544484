"""Publishes an event of Nostr and prints its id: nostr.py RELAY KEY KIND TAGS CONTENT. Fails unless the relay took it."""
import json
import sys

from aionostr.event import Event
from aionostr.key import PrivateKey
from websockets.sync.client import connect

relay, key, kind, tags, content = sys.argv[1:]
pubkey = PrivateKey(bytes.fromhex(key)).public_key.hex()
event = Event(pubkey=pubkey, kind=int(kind), tags=json.loads(tags), content=content)
event.sign(key)
names = ("id", "pubkey", "created_at", "kind", "tags", "content", "sig")
with connect(relay) as socket:
    socket.send(json.dumps(["EVENT", {name: getattr(event, name) for name in names}]))
    answer = json.loads(socket.recv(timeout=10))
    if answer[:3] != ["OK", event.id, True]:
        sys.exit(f"the relay did not take it: {answer}")
print(event.id)
