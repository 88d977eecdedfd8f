dnl The library must not be one whose certificate checks can be forged
dnl (CVE-2026-5194).  Two looks: the package's version, where there is one, and a
dnl run of the same known-answer test that the programs run when they start
dnl (src/tls/selftest_impl.h).
AC_MSG_CHECKING([for the version of wolfSSL])
AS_IF([test -n "$with_wolfssl"],
  [AC_MSG_RESULT([the one below $with_wolfssl])],
  [tlsq_wolfssl=`dpkg-query -W -f '${Status} ${Version}\n' 'libwolfssl[[0-9]]*' 2>/dev/null |
     sed -n 's/^install ok installed //p' | tail -n 1`
   AS_IF([test -z "$tlsq_wolfssl"],
     [AC_MSG_RESULT([not a Debian package])],
     [dpkg --compare-versions "$tlsq_wolfssl" ge '5.5.4-2+deb12u3'],
     [AC_MSG_RESULT([Debian package $tlsq_wolfssl, 5.5.4-2+deb12u3 or later])],
     [AC_MSG_RESULT([Debian package $tlsq_wolfssl])
      AC_MSG_ERROR([wolfSSL $tlsq_wolfssl accepts forged certificates (CVE-2026-5194): install libwolfssl-dev 5.5.4-2+deb12u3 or later, or give --with-wolfssl=PREFIX of 5.9.1 or later])])])

AC_MSG_CHECKING([whether wolfSSL refuses forged certificates])
tlsq_save_CPPFLAGS=$CPPFLAGS tlsq_save_LIBS=$LIBS
CPPFLAGS="$CPPFLAGS -I$srcdir/src/tls $WOLFSSL_CFLAGS"
LIBS="$WOLFSSL_LIBS $LIBS"
AC_RUN_IFELSE([AC_LANG_PROGRAM([[
#include "selftest_impl.h"
#include <stdio.h>
]], [[
	const char *what = "", *wrong;
	FILE *f;

	if (wolfSSL_Init() != WOLFSSL_SUCCESS)
		return 1;
	wrong = selftest_run(&what);
	f = fopen("conftest.wolfssl", "w");
	if (f == NULL)
		return 1;
	fprintf(f, "wolfSSL %s %s: %s\n", wolfSSL_lib_version(),
	    wrong != NULL ? wrong : "is right on", what);
	fclose(f);
	return wrong != NULL;
]])],
  [AC_MSG_RESULT([yes])],
  [AC_MSG_RESULT([no])
   tlsq_wrong=`cat conftest.wolfssl 2>/dev/null`
   rm -f conftest.wolfssl
   AC_MSG_ERROR([${tlsq_wrong:-the wolfSSL self-test could not be built or run (config.log)}
Install libwolfssl-dev 5.5.4-2+deb12u3 or later, or give --with-wolfssl=PREFIX of 5.9.1 or later.])],
  [AC_MSG_RESULT([not tried])
   AC_MSG_WARN([cross compiling: wolfSSL is not tested here; the programs test it when they start])])
rm -f conftest.wolfssl
CPPFLAGS=$tlsq_save_CPPFLAGS LIBS=$tlsq_save_LIBS
