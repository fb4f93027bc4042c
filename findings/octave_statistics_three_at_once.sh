#!/bin/bash
# Octave's statistics 1.5.3: the joint probability of three. mvtcdf, and the t copula over it, is 0.0000 for any three limits, with an
# error of 0, and NaN for four: the crash of three coins at once, which a t copula is taken for, does not happen. mvncdf of three
# normals that correlate by 0.5 has 0.165 below their means, where 1/4 is exact, and says that it errs by 1e-8. Two assets are right.
# Guessed: 0.050 for three t with four degrees at -1, 0.250 for the normals, and 0.333 for two of them.
# Seen: t of three 0.0000 error 0, at their means 0.0000, four NaN ; normal 0.165 of 0.250 error 1e-08, two 0.333
# Version: octave-statistics 1.5.3-2, octave 7.3.0-2 of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq octave-statistics=1.5.3-2 octave=7.3.0-2 octave-common=7.3.0-2 libamd2 libarpack2 libblas3 libcamd2 libccolamd2 \
  libcholmod3 libcolamd2 libcxsparse3 libdeflate0 libfftw3-{double3,single3} libgfortran5 libgl2ps1.4 \
  libgraphicsmagick{++-q16-12,-q16-3} libheif1 libhwy1 libjbig0 libjxl0.7 liblapack3 liblcms2-2 libmetis5 libqrupdate1 libquadmath0 \
  libspqr2 libsuitesparseconfig5 libtiff6 libumfpack5 libwebpmux3 libwmflite-0.2-7 libaec0 libsz2 libaom3 libdav1d6 libde265-0 \
  libx265-199 libnuma1 libbrotli1 libbsd0 libcurl4 libcurl3-gnutls libfontconfig1 libfreetype6 libgl1 libglx0 libglvnd0 libopengl0 \
  libglu1-mesa libgomp1 libhdf5-103-1 libicu72 libjpeg62-turbo liblerc4 libmd0 libnghttp2-14 libpcre3 libpng16-16 libpsl5 libreadline8 \
  librtmp1 libsasl2-2 libldap-2.5-0 libssh2-1 libwebp7 libx11-6 libxau6 libxcb1 libxdmcp6 libxext6 libxml2 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export OCTAVE_HOME=$PWD/root/usr OCTAVE_EXEC_HOME=$PWD/root/usr
export LD_LIBRARY_PATH=$m/octave/7.3.0:$m:$m/blas:$m/lapack:$l
cat > t.m <<'END'
warning('off', 'all');
folder = [pwd '/root/usr/share/octave/packages/statistics-1.5.3'];
addpath(folder); addpath([folder '/distributions']);
alike = @(many) 0.5 * ones(many) + 0.5 * eye(many);
[tail, tail_error] = mvtcdf([-1 -1 -1], alike(3), 4);
[normal, normal_error] = mvncdf([0 0 0], [0 0 0], alike(3));
shown = sprintf('t of three %.4f error %g, at their means %.4f, four %g ; normal %.3f of %.3f error %g, two %.3f', tail, tail_error, ...
  mvtcdf([0 0 0], alike(3), 4), mvtcdf([0 0 0 0], alike(4), 4), normal, 1 / 8 + 3 * asin(0.5) / (4 * pi), normal_error, ...
  mvncdf([0 0], [0 0], alike(2)));
disp(shown);
if (! strcmp(shown, ['t of three 0.0000 error 0, at their means 0.0000, four NaN ; ' ...
                     'normal 0.165 of 0.250 error 1e-08, two 0.333']))
  exit(1);
end
END
root/usr/bin/octave-cli --norc --no-init-file -q t.m 2>/dev/null
