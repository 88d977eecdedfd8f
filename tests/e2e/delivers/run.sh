#!/bin/sh
# Mail is delivered over verified STARTTLS, and the spool and the log say so.
. "${0%/*}/../lib.sh"

dns_zone example.test signed <<E
@ MX 10 mx
mx A 127.0.0.2
E
dns_zone old.test signed <<E
@ MX 10 mx
mx A 127.0.0.3
E
dns_start
cert_make mx dns=mx.example.test
ca_make inter
cert_make old dns=mx.old.test ca=inter key=rsa
peer_start <<E
[{"name": "mx", "listen": ["127.0.0.2:25"], "cert": "mx"},
 {"name": "old", "listen": ["127.0.0.3:25"], "cert": "old", "tls_max": "1.2"}]
E
config <<E
[queue.tls.secure]
starttls = "require"
E
letter hello | submit --strategy secure -f a@sender.test bob@example.test >"$T/id"
like "submit prints the message id" "$(cat "$T/id")" '^[0-9]+$'
letter older | submit -f a@sender.test carol@old.test >"$T/id2"
is "both wait" "$(sql 'SELECT count(*) FROM queue')" 2
runner_once
is "bob has it" "$(state_of bob@example.test)" "delivered 2.0.0 -"
is "carol has it" "$(state_of carol@old.test)" "delivered 2.0.0 -"
is "the queue is empty" "$(sql 'SELECT count(*) FROM queue')" 0
is "TLS 1.3 was used with the server's name" \
	"$(wire tls mx | cut -d' ' -f1,3)" "TLSv1.3 mx.example.test"
is "TLS 1.2 where the server has no more" "$(wire tls old | cut -d' ' -f1,3)" "TLSv1.2 mx.old.test"
is "no MAIL before TLS" "$(wire mails '*')" ""
is "the server got the envelope" "$(wire messages mx | cut -d' ' -f2-)" \
	"<a@sender.test> <bob@example.test>"
is "EHLO was said again inside TLS, with our name" "$(wire commands mx '^EHLO')" \
	"clear EHLO runner.test
tls  EHLO runner.test"
letter hello | sed 's/$/\r/' >"$T/wanted"
ok "the content arrived byte for byte" cmp "$T/wanted" "$(message_of mx)"

id=$(cat "$T/id")
fields="strategy, mx, address, level, outcome, coalesce(error, '-'), status"
is "the attempt is recorded" "$(sql "SELECT $fields FROM attempt WHERE message_id = $id")" \
	"secure|mx.example.test|127.0.0.2|mandatory|delivered|-|2.0.0"
is "and the host is why" "$(sql "SELECT count(*) FROM attempt a JOIN recipient r
	ON r.last_attempt_id = a.id WHERE r.message_id = $id AND a.session_id IS NOT NULL")" 1
evidence() { # column of the session that took bob's message
	sql "SELECT $1 FROM session s JOIN attempt a ON a.session_id = s.id WHERE a.message_id = $id"
}
is "what was proved" "$(evidence 's.tls, s.protocol, s.verify_error')" "pkix|TLSv1.3|"
is "to whom" "$(evidence 's.mx, s.address')" "mx.example.test|127.0.0.2"
like "with which cipher" "$(evidence s.cipher)" 'CHACHA20|AES'
is "the certificate's fingerprint" "$(evidence s.cert_sha256)" \
	"$(openssl x509 -in "$T/certs/mx.pem" -outform DER | sha256sum | cut -d' ' -f1)"
is "its key's fingerprint" "$(evidence s.spki_sha256)" \
	"$(openssl x509 -in "$T/certs/mx.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)"
like "its subject" "$(evidence s.cert_subject)" 'mx\.example\.test'
like "its issuer" "$(evidence s.cert_issuer)" 'Test authority ca'
is "its end" "$(evidence s.cert_not_after)" "$(date -u -d 2049-12-31T00:00:00Z +%s)"
is "the history view shows it" \
	"$(sql "SELECT recipient, state, tls, mx FROM history WHERE message_id = $id")" \
	"bob@example.test|delivered|pkix|mx.example.test"
is "the content is gone" "$(sql 'SELECT count(*) FROM content')" 0
line=$(grep "to=<bob@example.test>" "$T/runner.log")
like "one log line in Sendmail's order" "$line" \
	"$id: to=<bob@example.test>,.* delay=[0-9:]+, xdelay=[0-9:]+, mailer=tlsq, relay=mx.example.test \\[127.0.0.2\\], strategy=secure, level=mandatory, tls=pkix, protocol=TLSv1.3, cipher=[^,]+, dane=none, mta-sts=none, dsn=2.0.0, stat=Sent \\(250 2.0.0 queued"
runner_once
is "nothing is sent twice" "$(wire_count messages '*')" 2
finish
