#!/bin/sh
# Checks the rows of doc/security.md that say "not reachable" (the programs do not call the code) or "not built"
# (Debian does not compile it).  One advisory below represents all with the same reason.
n=0
result() { # passed? description
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	return 1
}
dir=${top_builddir:-.}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '#include <wolfssl/options.h>' | ${CC:-cc} -E -dM - >"$work/macros" || exit 99
nm -Du "$dir/tlsq" "$dir/tlsq-runner" "$dir/tlsq-milter" | awk '$1 == "U" { print $2 }' | sort -u >"$work/calls"

grep -q '^wolfSSL_connect$' "$work/calls" && grep -q '^#define HAVE_SUPPORTED_CURVES' "$work/macros"
result $? "both lists can be read"

calls_none() { # regular expression of functions; advisory and what it is
	! grep -E "^(wolf|wc_).*($1)" "$work/calls" >"$work/found"
	result $? "no call: $2" || sed 's/^/# /' "$work/found"
}
calls_none '_server_method|accept' 'CVE-2026-2645 and other faults of servers'
calls_none 'PrivateKey|use_certificate|add._chain|Sign|MakeSig|ecc_sign' 'CVE-2024-1544, CVE-2026-3229: private keys and own chains'
calls_none '[Cc]heck_host|check_ip|check_domain_name|MatchDomainName' 'CVE-2024-5991, CVE-2026-5772: host names'
calls_none 'RAND_' 'CVE-2025-7394: RAND_bytes'
calls_none 'ALPN' 'CVE-2026-3547: ALPN'
calls_none 'CRL' 'CVE-2026-3548: CRL'
calls_none 'OCSP|ocsp' 'CVE-2026-10098: OCSP'
calls_none 'PKCS7' 'CVE-2026-0819: PKCS#7'
calls_none 'PKCS12|EVP|Hmac|HMAC|AesGcm|AesEax|XChaCha|ChaCha|Eccsi' 'CVE-2025-11931, CVE-2026-5466: single algorithms'
calls_none 'DecodeObjectId|OBJ_|X509|ASN1' 'CVE-2026-5187, -5501: objects of certificates, wolfSSL_X509_verify_cert'
calls_none 'load_verify|LoadCA|CertManager|X509_STORE|UnloadCA|trust_peer' 'CVE-2026-5263, -93302: wolfSSL has no CA and judges no chain'
calls_none 'DTLS|dtls' 'CVE-2026-5264: DTLS'
calls_none 'get_session$|SESSION_up_ref|GetSession|_flush_sessions|add_session' 'CVE-2026-94419: the cache that sessions share'

built_none() { # macros; advisory and what it is
	printf '#define %s\n' $1 | grep -Ff - "$work/macros" >"$work/found"
	[ ! -s "$work/found" ]
	result $? "not built: $2" || sed 's/^/# /' "$work/found"
}
built_none 'HAVE_ECH' 'CVE-2026-3549: Encrypted Client Hello'
built_none 'WOLFSSL_SNIFFER' 'CVE-2026-1005: sniffer'
built_none 'WOLFSSL_KCAPI HAVE_ARIA HAVE_PQC HAVE_LIBOQS WOLFSSL_HAVE_KYBER WOLFSSL_HAVE_MLKEM HAVE_DILITHIUM HAVE_FALCON WOLFSSL_SM2 WOLFSSL_RENESAS WOLFSSL_DUAL_ALG_CERTS' \
	'CVE-2026-4395: KCAPI, ARIA, post-quantum keys, SM2, Renesas, dual certificates'
built_none 'WOLFSSL_DTLS13' 'CVE-2026-5264: DTLS 1.3'
built_none 'USE_INTEL_SPEEDUP' 'CVE-2026-10512: X25519 in assembly'
built_none 'HAVE_RPK' 'CVE-2026-55960: raw public keys'
built_none 'WOLFSSL_APPLE_NATIVE_CERT_VALIDATION' 'CVE-2025-7395: certificate checks of Apple'
grep -q '^#define NO_SESSION_CACHE_REF' "$work/macros"
result $? "built: CVE-2026-94419: sessions do not point into the cache"
echo "1..$n"
