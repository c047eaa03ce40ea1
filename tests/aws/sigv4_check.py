#!/usr/bin/python3
"""Signs generated requests with botocore and has sigv4_check compare ours: sigv4_check.py PROGRAM [COUNT] [SEED].

Odd characters, doubled and unsorted parameters, ports, session tokens, repeated headers, paths to normalise. A failure
prints the request and the command that repeats it.
"""
import base64
import datetime
import random
import subprocess
import sys
from unittest import mock
from urllib.parse import quote, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

program = sys.argv[1]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
rng = random.Random(seed)

ODD = "abcXYZ019-_.~ !\"#$%&'()*+,/:;<=>?@[\\]^`{|}\t\néßЖ中😀"


def text(low, high, alphabet=ODD):
    return ''.join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))


def word(low=1, high=12):
    return text(low, high, 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')


def make_url():
    scheme = rng.choice(['http', 'https'])
    host = rng.choice(['EC2.eu-Central-1.amazonaws.com', 'localhost', '127.0.0.1', '[::1]', 'a.b.C.example'])
    port = rng.choice(['', ':80', ':443', ':8773', ':4566'])
    segment = lambda: rng.choice([quote(text(1, 6), safe=''), '.', '..', '', word(), '~x', 'a:b', "q'(1)*"])
    path = rng.choice(['/', '/', '/123456789012/queue', '/' + '/'.join(segment() for _ in range(rng.randint(1, 5)))])
    names = [text(1, 6) for _ in range(rng.randint(0, 6))]
    names += [rng.choice(names)] if names and rng.random() < 0.3 else []
    query = '&'.join(quote(n, safe='-_.~') + rng.choice(['=' + quote(text(0, 8), safe='-_.~')] * 5 + ['=', '']) for n in names)
    return f'{scheme}://{host}{port}{path}' + (f'?{query}' if query else '')


def make_headers():
    headers = []
    if rng.random() < 0.8:
        headers.append(('Content-Type', rng.choice(['application/x-www-form-urlencoded; charset=utf-8', ' text/plain  ;a=b '])))
    if rng.random() < 0.4:
        headers.append(('User-Agent', 'botocore/1'))
    for _ in range(rng.randint(0, 4)):
        headers.append((rng.choice(['X-Amz-Target', 'X-' + word(), 'Accept', 'x-custom']), text(0, 20, 'aZ09 \t,;=:"/()')))
    return headers


def make_line():
    now = datetime.datetime(rng.randint(2001, 2037), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
    key = Credentials(word(16, 20), text(1, 40, ODD.replace('\n', '')), rng.choice([None, word(5, 200) + '/+=='])) 
    region, service = rng.choice(['eu-central-1', 'us-east-1', 'local', 'cn-north-1']), rng.choice(['ec2', 'sqs', 'sts', 'elasticloadbalancing'])
    method, url, headers = rng.choice(['GET', 'POST', 'PUT', 'DELETE']), make_url(), make_headers()
    body = rng.choice([b'', text(0, 200).encode(), ('Action=' + word()).encode(), bytes(rng.randrange(256) for _ in range(50))])
    request = AWSRequest(method=method, url=url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value) if name not in request.headers else request.headers.__setitem__(name, value)
    with mock.patch.object(botocore.auth.datetime, 'datetime', wraps=datetime.datetime) as clock:
        clock.utcnow.return_value = now
        botocore.auth.SigV4Auth(key, service, region).add_auth(request)
    host = botocore.auth._host_from_url(url)
    kept = [(n, v) for n, v in request.headers.items() if n not in ('Authorization', 'X-Amz-Date', 'X-Amz-Security-Token')]
    shuffled = [('Host', host)] + kept
    order = {n.lower(): rng.random() for n, _ in shuffled}
    shuffled.sort(key=lambda header: order[header[0].lower()])  # values of one header keep their order
    parts = urlsplit(url)
    fields = [method, parts.path, parts.query, '\n'.join(f'{n}:{v}' for n, v in shuffled), body, key.access_key, key.secret_key,
              key.token or '', region, service, str(int(now.replace(tzinfo=datetime.timezone.utc).timestamp())), request.headers['Authorization']]
    return ' '.join(base64.b64encode(f if isinstance(f, bytes) else f.encode()).decode() for f in fields)


lines = '\n'.join(make_line() for _ in range(count)) + '\n'
done = subprocess.run([program], input=lines, capture_output=True, text=True)
if done.returncode != 0 or done.stdout.strip() != str(count):
    print(done.stdout + done.stderr + f'\nrepeat with: {sys.argv[0]} {program} {count} {seed}')
    sys.exit(1)
print(f'{count} requests signed and verified as botocore {botocore.__version__} does (seed {seed})')
