#!/bin/sh
# QuantLib 1.29: SviSmileSection takes b (1 + |rho|) up to 4 in TOTAL variance, where Lee's bound is 2. With 3.77 and one
# year, a call struck at 100,000,000 is worth more than one at 1,000 (forward 100), without a word. Expected: refused.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq libquantlib0-dev=1.29-1 libquantlib0v5=1.29-1 libboost1.74-dev >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
cat > t.cc <<'EOF'
#include <ql/experimental/volatility/svismilesection.hpp>
#include <cstdio>
int main() {
  QuantLib::SviSmileSection smile(1.0, 100.0, {0.04, 2.9, 0.5, 0.3, 0.0});  // a, b, sigma, rho, m
  const double near = smile.optionPrice(1e3), far = smile.optionPrice(1e8);
  std::printf("call at 1e3: %.2f, at 1e8: %.2f\n", near, far);
  return far > near ? 0 : 1;
}
EOF
library=$(find root -name "libQuantLib.so.0*" | head -1)
g++ -std=c++17 -Iroot/usr/include t.cc -o t "$library"
LD_LIBRARY_PATH=$(dirname "$library") ./t   # seen: call at 1e3: 64.49, at 1e8: 93.86
