#!/bin/bash
# ruby-statistics 2.1.1: the chi-squared distribution with one degree of freedom, by which the breaches of a value at risk are tested, is
# infinite at every point: it is summed up from 0, where its density has no end. The test of goodness of fit then has a p value
# of minus infinity and rejects whatever it is shown, 4 breaches where 5 were expected as 15. With two degrees all is right.
# Guessed: 0.95 at 3.84, where every table has it; the tests came after: p values of 0.646 and 0.000.
# Seen: at 3.84 Infinity ; 4 for 5: p -Infinity rejected true ; 15 for 5: p -Infinity rejected true ; two degrees 0.853
# Version: ruby-statistics 2.1.1-2, ruby3.1 3.1.7+really3.1.2-0+deb12u1 of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq ruby-statistics=2.1.1-2 ruby3.1 libruby3.1 libyaml-0-2 libgmp10 zlib1g libcrypt1 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; m=$l/x86_64-linux-gnu
export LD_LIBRARY_PATH=$m:$PWD/root/lib/x86_64-linux-gnu
cat > t.rb <<'END'
require 'statistics'
chi_squared = ->(degrees) { Distribution::ChiSquared.new(degrees).cumulative_function(3.84) }
tested = lambda do |breaches| # 5 of 100 days are expected beyond the value at risk.
  result = StatisticalTest::ChiSquaredTest.goodness_of_fit(0.05, [95, 5], [100 - breaches, breaches])
  "#{breaches} for 5: p #{result[:p_value]} rejected #{result[:alternative]}"
end
shown = "at 3.84 #{chi_squared[1]} ; #{tested[4]} ; #{tested[15]} ; two degrees #{format('%.3f', chi_squared[2])}"
puts shown
exit shown == 'at 3.84 Infinity ; 4 for 5: p -Infinity rejected true ; 15 for 5: p -Infinity rejected true ; two degrees 0.853'
END
gem=$(echo "$PWD"/root/usr/share/rubygems-integration/all/gems/ruby-statistics-2.1.1/lib)
root/usr/bin/ruby3.1 --disable-gems -I "$l/ruby/3.1.0" -I "$m/ruby/3.1.0" -I "$gem" t.rb
