#!/bin/sh
# Debian's python3-avro 1.11.1: a decimal is written by its digits alone, as if it always had as many places as the schema's
# scale. Decimal('1.5') in a column of scale 4 comes back as 0.0015 and 100 as 0.0100, without an error; only a price that
# ends in all its zeros, or happens to have four places, survives. More places than the scale are refused.
# Guessed: 1.5000 and 100.0000.
# Seen: 82000.1234: 82000.1234 ; 1.5: 0.0015 ; -1.5: -0.0015 ; 100: 0.0100 ; 1.5000: 1.5000
# Version: python3-avro 1.11.1+dfsg-2 of Debian 12
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq python3-avro=1.11.1+dfsg-2 python3-typing-extensions >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
export PYTHONPATH=$PWD/root/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat > t.py <<'END'
import io, json
from decimal import Decimal
import avro.io, avro.schema
price = {'name': 'price', 'type': {'type': 'bytes', 'logicalType': 'decimal', 'precision': 18, 'scale': 4}}
schema = avro.schema.parse(json.dumps({'type': 'record', 'name': 'row', 'fields': [price]}))
def back(text):
    file = io.BytesIO()
    avro.io.DatumWriter(schema).write({'price': Decimal(text)}, avro.io.BinaryEncoder(file))
    file.seek(0)
    return str(avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(file))['price'])
written = ['82000.1234', '1.5', '-1.5', '100', '1.5000']
read = [back(text) for text in written]
print(' ; '.join(f'{text}: {other}' for text, other in zip(written, read)))
assert read == ['82000.1234', '0.0015', '-0.0015', '0.0100', '1.5000']
END
/usr/bin/python3 -S t.py
