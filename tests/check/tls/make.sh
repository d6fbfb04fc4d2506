#!/bin/sh
# Makes the certificates of the fixtures anew: ./make.sh, in this folder. Their keys guard nothing.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n' \
  "$work" "$work" > "$work/ca.conf"
: > "$work/index"

make() {  # NAME SUBJECT FROM TO
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2> /dev/null
  openssl req -new -key "$1.key" -subj "/CN=$2" -addext "subjectAltName=DNS:$2,DNS:*.$2" -out "$work/csr"
  openssl ca -batch -notext -selfsign -config "$work/ca.conf" -keyfile "$1.key" -in "$work/csr" -startdate "$3" \
    -enddate "$4" -out "$1.pem" 2> /dev/null
}
make shop shop.example 20200101000000Z 20991231000000Z
make blog blog.example 20200101000000Z 20991231000000Z
make old shop.example 20000101000000Z 20010101000000Z
make early shop.example 20900101000000Z 20991231000000Z
openssl pkey -in shop.key -aes-256-cbc -passout pass:sesame -out locked.key
printf 'wrong\nsesame\n' > passwords
printf 'wrong\n' > wrong_passwords
printf -- '-----BEGIN CERTIFICATE-----\nMIIBnonsense\n-----END CERTIFICATE-----\n' > broken.pem
