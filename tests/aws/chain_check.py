#!/usr/bin/python3
"""Compares our credentials chain and endpoints with botocore's on generated files: chain_check.py PROGRAM [COUNT] [SEED].

Profiles in both files, the environment, credential_process, comments, nested values, doubled keys, missing halves. Both
must find the same keys or both must refuse. A failure prints the files and the command that repeats it.
"""
import os
import random
import subprocess
import sys
import tempfile
from unittest import mock

import botocore.exceptions
import botocore.session

program = sys.argv[1]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
rng = random.Random(seed)
NAMES = ['default', 'build', 'my team', 'x.y-z']


def some(chance):
    return rng.random() < chance


def key_lines():
    lines = [f'{name}{rng.choice([" = ", "=", ": ", "   =  "])}{value}' for name, value in (
        ('aws_access_key_id', f'AK{rng.randrange(1000)}'), ('aws_secret_access_key', f'a+/{rng.randrange(1000)}=b:c'),
        ('aws_session_token', f'T{rng.randrange(1000)}==')) if some(0.8)]
    if some(0.2):
        lines.append(rng.choice(['# comment', '  ; comment', '', 's3 =\n  a = b\n  c=d', 'region = eu-central-1', 'x = # y']))
    if some(0.15):
        lines.append('credential_process = /bin/cat "HOME/keys"')
    if some(0.04):
        lines.append(rng.choice(['AWS_ACCESS_KEY_ID = doubled', 'neither', '= v', 's3 =\n  broken']))
    rng.shuffle(lines)
    return lines


def make_file(header):
    lines = [rng.choice(['', '# a comment', '; another'])]
    for name in NAMES:
        if some(0.7):
            lines += [header(name)] + key_lines()
    if some(0.04):
        lines.append(rng.choice(['[default]', '[unclosed', '[]']))
    return '\n'.join(lines) + '\n'


def config_header(name):
    if name == 'default':
        return rng.choice(['[default]', '[profile default]'])
    return f'[profile "{name}"]' if ' ' in name else rng.choice([f'[profile {name}]', f"[profile '{name}']"])


def make_environment(home):
    env = {'HOME': home, 'PATH': '/usr/bin:/bin', 'AWS_EC2_METADATA_DISABLED': 'true'}
    if some(0.7):
        env[rng.choice(['AWS_PROFILE', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE'])] = rng.choice(NAMES + ['nowhere'])
    if some(0.2):
        env['AWS_ACCESS_KEY_ID'] = rng.choice(['ENV', 'ENV', ''])
    if some(0.2):
        env['AWS_SECRET_ACCESS_KEY'] = 'env/secret'
    if some(0.1):
        env['AWS_SESSION_TOKEN'] = 'envtoken'
    return env


def of_botocore(env):
    with mock.patch.dict(os.environ, env, clear=True):
        try:
            keys = botocore.session.Session().get_credentials()
            keys = keys and keys.get_frozen_credentials()
        except (botocore.exceptions.BotoCoreError, ValueError, KeyError) as error:
            return f'error {error}'
    return f'{keys.access_key} {keys.secret_key} {keys.token or ""}' if keys else 'error none found'


def compare(number):
    with tempfile.TemporaryDirectory(prefix='holdfast-chain-') as home:
        os.mkdir(f'{home}/.aws')
        files = {'.aws/config': make_file(config_header), '.aws/credentials': make_file(lambda name: f'[{name}]'),
                 'keys': '{"Version":1,"AccessKeyId":"PROC","SecretAccessKey":"p","SessionToken":"pt"}'}
        for name, text in files.items():
            with open(f'{home}/{name}', 'w') as out:
                out.write(text.replace('HOME', home))
        env = make_environment(home)
        theirs = of_botocore(env)
        done = subprocess.run([program, 'credentials'], env=env, capture_output=True, text=True)
        ours = done.stdout.rstrip('\n')
        both_refuse = ours.startswith('error ') and theirs.startswith('error ')
        # With keys in the environment ours does not look at the files at all; botocore stumbles over broken ones even so.
        not_looked_at = ours.startswith('ENV ') and theirs.startswith('error ')
        if done.returncode != 0 or (ours != theirs and not both_refuse and not not_looked_at):
            print(f'case {number}: {env}\n' + '\n'.join(f'--- {n}\n{t}' for n, t in files.items()))
            print(f'botocore: {theirs}\nours:     {ours} {done.stderr}\nrepeat with: {sys.argv[0]} {program} {count} {seed}')
            sys.exit(1)
        return not ours.startswith('error ')


def compare_endpoints():
    session = botocore.session.Session()
    resolver = session.get_component('endpoint_resolver')
    wanted = []
    for partition in ('aws', 'aws-cn', 'aws-us-gov'):
        for region in session.get_available_regions('ec2', partition_name=partition):
            for service in ('ec2', 'sqs', 'sts'):
                host = resolver.construct_endpoint(service, region)['hostname']
                wanted.append((service, region, f'https://{host}/'))
    lines = ''.join(f'{service} {region}\n' for service, region, _ in wanted)
    done = subprocess.run([program, 'endpoints'], input=lines, capture_output=True, text=True)
    for (service, region, url), ours in zip(wanted, done.stdout.splitlines(), strict=True):
        if url != ours:
            print(f'{service} in {region}: botocore {url}, ours {ours}')
            sys.exit(1)
    return len(wanted)


good = sum(compare(number) for number in range(count))
print(f'{count} sets of files read as botocore {botocore.__version__} reads them ({good} with keys), '
      f'{compare_endpoints()} endpoints agree (seed {seed})')
