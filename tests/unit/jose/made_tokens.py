#!/usr/bin/env python3
"""Makes made_tokens.h: tokens of libraries that have nothing to do with this one.

    apt-get install python3-jwt && pip install joserfc && tests/unit/jose/made_tokens.py > tests/unit/jose/made_tokens.h

joserfc makes one for each algorithm, signed or encrypted; PyJWT makes the signed ones once more. Keys are new each time.
"""
import json
import re

import jwt
from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

CLAIMS = '{"iss":"https://issuer.example","sub":"user-1","aud":["api","web"],"exp":4102444800,"iat":1700000000}'
SIGNED = {"HS256": "h256", "HS384": "h384", "HS512": "h512", "RS256": "rsa", "RS384": "rsa", "RS512": "rsa",
          "PS256": "rsa", "PS384": "rsa", "PS512": "rsa", "ES256": "p256", "ES384": "p384", "ES512": "p521",
          "EdDSA": "ed25519", "Ed25519": "ed25519", "Ed448": "ed448"}
CONTENTS = ["A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"]
WRAPS = {"A128KW": "o16", "A192KW": "o24", "A256KW": "o32", "RSA-OAEP": "rsa", "RSA-OAEP-256": "rsa"}
AGREEMENTS = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"]
DIRECT = {"A128GCM": "o16", "A192GCM": "o24", "A256GCM": "o32", "A128CBC-HS256": "o32", "A192CBC-HS384": "o48",
          "A256CBC-HS512": "o64"}


def make_keys():
    keys = {"rsa": RSAKey.generate_key(2048)}
    keys.update({"o%d" % n: OctKey.generate_key(n * 8) for n in (16, 24, 32, 48, 64)})
    keys.update({"h%d" % n: OctKey.generate_key(n) for n in (256, 384, 512)})
    keys.update({"p%d" % n: ECKey.generate_key("P-%d" % n) for n in (256, 384, 521)})
    keys.update({c.lower(): OKPKey.generate_key(c) for c in ("Ed25519", "Ed448", "X25519", "X448")})
    return keys


def sign_with_pyjwt(alg, key):
    raw = key.raw_value if isinstance(key, OctKey) else key.private_key
    return jwt.encode(json.loads(CLAIMS), raw, algorithm=alg)


def encrypted(keys):
    wanted = [("dir", enc, key) for enc, key in DIRECT.items()]
    wanted += [(alg, enc, key) for alg, key in WRAPS.items() for enc in ("A128GCM", "A256CBC-HS512")]
    wanted += [("RSA-OAEP-256", enc, "rsa") for enc in CONTENTS]
    wanted += [(alg, "A256GCM", key) for alg in AGREEMENTS for key in ("p256", "p384", "p521", "x25519", "x448")]
    wanted += [("ECDH-ES", enc, "p256") for enc in CONTENTS]
    registry = jwe.JWERegistry(algorithms=sorted({w[0] for w in wanted} | {w[1] for w in wanted}))
    for alg, enc, key in wanted:
        yield alg, key, jwe.encrypt_compact({"alg": alg, "enc": enc}, CLAIMS.encode(), keys[key], registry=registry)


def literal(text):
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return "\n     ".join('"%s"' % part for part in re.findall(r'(?:\\.|.){1,100}', text))


def row(maker, alg, key, token):
    return '    {"%s", "%s", "%s",\n     %s},' % (maker, alg, key, literal(token))


def main():
    keys = make_keys()
    registry = jws.JWSRegistry(algorithms=list(SIGNED))
    rows = [row("joserfc", alg, key, jws.serialize_compact({"alg": alg, "typ": "JWT"}, CLAIMS.encode(), keys[key],
                                                           registry=registry)) for alg, key in SIGNED.items()]
    rows += [row("PyJWT", alg, key, sign_with_pyjwt(alg, keys[key])) for alg, key in SIGNED.items()
             if alg not in ("Ed25519", "Ed448")]
    inner = jws.serialize_compact({"alg": "ES256"}, CLAIMS.encode(), keys["p256"], registry=registry)
    nested = jwe.encrypt_compact({"alg": "A256KW", "enc": "A256GCM", "cty": "JWT"}, inner.encode(), keys["o32"],
                                 registry=jwe.JWERegistry(algorithms=["A256KW", "A256GCM"]))
    print("// Made by made_tokens.py: tokens of joserfc and PyJWT, and their keys, which are for nothing else.\n"
          "#pragma once\n\nnamespace gh::jose::made {\n\n"
          "struct Key {\n  const char* name;\n  const char* jwk;\n};\n"
          "struct Token {\n  const char* maker;\n  const char* algorithm;\n  const char* key;\n"
          "  const char* token;\n};\n")
    print("inline constexpr char claims[] =\n     %s;\n" % literal(CLAIMS))
    print("inline constexpr Key keys[] = {")
    for name, key in keys.items():
        print('    {"%s",\n     %s},' % (name, literal(json.dumps(key.as_dict(private=True)))))
    print("};\n\ninline constexpr Token signed_tokens[] = {\n%s\n};\n" % "\n".join(rows))
    rows = [row("joserfc", *made) for made in encrypted(keys)]
    print("inline constexpr Token encrypted_tokens[] = {\n%s\n};\n" % "\n".join(rows))
    print("/// ES256 (p256) in A256KW (o32).\ninline constexpr char nested_token[] =\n     %s;\n" % literal(nested))
    print("}  // namespace gh::jose::made")


if __name__ == "__main__":
    main()
