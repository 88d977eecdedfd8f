# Certificates for the tests, made by openssl(1).  Sourced by lib.sh; needs T.
#
#   ca_make NAME [OPTION...]	a certificate authority; "ca" is the trusted one
#   cert_make NAME [OPTION...]	a server's certificate for the host names in dns=
# OPTION: dns=a,b (default NAME.test), ca=NAME (default ca), self (signed by itself),
#   from=YYYYMMDD, to=YYYYMMDD, key=rsa (else P-256), cn=TEXT, alone (without the
#   intermediates), withkey=NAME (same key as that certificate)
#   tlsa_of NAME USAGE SELECTOR MATCHING	a TLSA record of it, as in a zone file
# NAME.pem has the certificate and its chain, NAME.key its key.

cert_options() {
	cert_name=$1
	shift
	cert_ca=ca cert_self= cert_from=20200101 cert_to=20491231 cert_alg=ec
	cert_dns=$cert_name.test cert_cn= cert_alone= cert_key=
	for o in "$@"; do
		case $o in
		dns=*) cert_dns=${o#*=} ;;
		ca=*) cert_ca=${o#*=} ;;
		self) cert_self=yes ;;
		from=*) cert_from=${o#*=} ;;
		to=*) cert_to=${o#*=} ;;
		key=*) cert_alg=${o#*=} ;;
		cn=*) cert_cn=${o#*=} ;;
		alone) cert_alone=yes ;;
		withkey=*) cert_key=${o#*=} ;;
		*) echo "cert_make: $o?" >&2; return 1 ;;
		esac
	done
}

cert_key_make() {
	if [ -n "$cert_key" ]; then
		cp "$T/certs/$cert_key.key" "$T/certs/$cert_name.key"
	elif [ "$cert_alg" = rsa ]; then
		openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
			-out "$T/certs/$cert_name.key" 2>/dev/null || openssl genrsa \
			-out "$T/certs/$cert_name.key" 2048 2>/dev/null
	else
		openssl ecparam -name prime256v1 -genkey -noout -out "$T/certs/$cert_name.key"
	fi
}

# openssl ca: the one way of openssl 3.0 to choose both dates
cert_sign() { # extensions
	cert_dir=$T/certs
	if [ ! -f "$cert_dir/ca.conf" ]; then
		mkdir -p "$cert_dir/new"
		: >"$cert_dir/index.txt"
		cat >"$cert_dir/ca.conf" <<-E
		[ca]
		default_ca = c
		[c]
		database = $cert_dir/index.txt
		new_certs_dir = $cert_dir/new
		rand_serial = yes
		unique_subject = no
		default_md = sha256
		policy = p
		[p]
		commonName = supplied
		[req]
		distinguished_name = dn
		[dn]
		E
	fi
	printf '%s\n' "$1" >"$cert_dir/$cert_name.ext"
	openssl req -new -config "$cert_dir/ca.conf" -key "$cert_dir/$cert_name.key" \
		-subj "/CN=${cert_cn:-${cert_dns%%,*}}" -out "$cert_dir/$cert_name.csr" || return 1
	if [ -n "$cert_self" ]; then
		set -- -selfsign -keyfile "$cert_dir/$cert_name.key"
	else
		set -- -cert "$cert_dir/$cert_ca.pem" -keyfile "$cert_dir/$cert_ca.key"
	fi
	openssl ca -batch -notext -config "$cert_dir/ca.conf" "$@" -in "$cert_dir/$cert_name.csr" \
		-out "$cert_dir/$cert_name.pem" -startdate "${cert_from}000000Z" \
		-enddate "${cert_to}000000Z" -extfile "$cert_dir/$cert_name.ext" \
		2>"$cert_dir/$cert_name.log" || { cat "$cert_dir/$cert_name.log" >&2; return 1; }
	# an authority that is not a root goes into the chain of what it signs
	if [ -z "$cert_self" ] && [ -z "$cert_alone" ] && [ -e "$cert_dir/$cert_ca.chain" ]; then
		cat "$cert_dir/$cert_ca.pem" >>"$cert_dir/$cert_name.pem"
	fi
}

ca_make() {
	[ "$1" = ca ] || [ -e "$T/certs/ca.pem" ] || ca_make ca || return 1
	cert_options "$@" || return 1
	cert_cn=${cert_cn:-Test authority $cert_name}
	[ "$cert_name" != ca ] || cert_self=yes
	cert_key_make
	cert_sign "basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash" || return 1
	[ -n "$cert_self" ] || : >"$T/certs/$cert_name.chain"
}

cert_make() {
	[ -e "$T/certs/ca.pem" ] || ca_make ca || return 1
	cert_options "$@" || return 1
	cert_key_make
	cert_sign "basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:$(echo "$cert_dns" | sed 's/,/,DNS:/g')"
}

tlsa_of() {
	tlsa_der=$T/certs/$1.der$3
	if [ "$3" = 0 ]; then
		openssl x509 -in "$T/certs/$1.pem" -outform DER -out "$tlsa_der"
	else
		openssl x509 -in "$T/certs/$1.pem" -noout -pubkey |
			openssl pkey -pubin -outform DER -out "$tlsa_der"
	fi
	case $4 in
	0) tlsa_data=$(od -An -v -tx1 "$tlsa_der" | tr -d ' \n') ;;
	1) tlsa_data=$(sha256sum <"$tlsa_der") ;;
	2) tlsa_data=$(sha512sum <"$tlsa_der") ;;
	esac
	echo "$2 $3 $4 ${tlsa_data%% *}"
}
