/**
 * The patterns that grok knows, under the names that Logstash made known; written anew for RE2, which has no
 * look-around. Those of whole lines name their fields after the OpenTelemetry semantic conventions.
 */
export const grokPatterns: Readonly<Record<string, string>> = {
  // Words and text
  WORD: String.raw`\b\w+\b`,
  NOTSPACE: String.raw`\S+`,
  SPACE: String.raw`\s*`,
  DATA: '.*?',
  GREEDYDATA: '.*',
  MULTILINEDATA: '(?s:.*)',
  QUOTEDSTRING: String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`,
  QS: '%{QUOTEDSTRING}',
  UUID: '[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}',
  USERNAME: '[A-Za-z0-9._-]+',
  USER: '%{USERNAME}',
  EMAILADDRESS: "[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@%{HOSTNAME}",
  BOOL: '(?i:true|false)',
  LOGLEVEL:
    '(?i:trace|verbose|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|severe|crit(?:ical)?|fatal|alert|panic|emerg(?:ency)?)',

  // Numbers
  INT: '[+-]?[0-9]+',
  POSINT: String.raw`\b[1-9][0-9]*\b`,
  NONNEGINT: String.raw`\b[0-9]+\b`,
  NUMBER: String.raw`[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`,
  BASE10NUM: '%{NUMBER}',
  BASE16NUM: '[+-]?(?:0[xX])?[0-9A-Fa-f]+',

  // Networks
  MAC: '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}',
  IPV4: String.raw`(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])`,
  IPV6: '(?:[0-9A-Fa-f]{0,4}:){2,7}(?:%{IPV4}|[0-9A-Fa-f]{0,4})(?:%[0-9A-Za-z]+)?',
  IP: '(?:%{IPV4}|%{IPV6})',
  HOSTNAME: String.raw`\b[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62})(?:\.[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62}))*\.?`,
  HOST: '%{HOSTNAME}',
  IPORHOST: '(?:%{IP}|%{HOSTNAME})',
  HOSTPORT: '%{IPORHOST}:%{POSINT}',

  // Paths and addresses
  UNIXPATH: String.raw`(?:/[^\s/]*)+`,
  WINPATH: String.raw`(?:[A-Za-z]:|\\)(?:\\[^\\?*\s]*)+`,
  PATH: '(?:%{UNIXPATH}|%{WINPATH})',
  URIPROTO: '[A-Za-z][A-Za-z0-9+.-]*',
  URIHOST: '%{IPORHOST}(?::[0-9]+)?',
  URIPATH: String.raw`(?:/[^\s?#]*)+`,
  URIPARAM: String.raw`\?[^\s#]*`,
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: String.raw`%{URIPROTO}://(?:[^\s@/]+@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?`,

  // Times
  MONTH:
    '(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)',
  MONTHNUM: '(?:0?[1-9]|1[0-2])',
  MONTHDAY: '(?:0[1-9]|[12][0-9]|3[01]|[1-9])',
  DAY: '(?i:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)',
  YEAR: '[0-9]{4}|[0-9]{2}',
  HOUR: '(?:2[0-3]|[01]?[0-9])',
  MINUTE: '[0-5][0-9]',
  SECOND: '(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?',
  TIME: '%{HOUR}:%{MINUTE}(?::%{SECOND})?',
  TZ: '(?:[A-Z]{3,4})',
  ISO8601_TIMEZONE: '(?:Z|[+-]%{HOUR}(?::?%{MINUTE})?)',
  TIMESTAMP_ISO8601: '[0-9]{4}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?(?: ?%{ISO8601_TIMEZONE})?',
  DATE_US: '%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}',
  DATE_EU: '%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}',
  DATE: '(?:%{DATE_US}|%{DATE_EU})',
  DATESTAMP: '%{DATE}[- ]%{TIME}',
  HTTPDATE: '%{MONTHDAY}/%{MONTH}/[0-9]{4}:%{TIME} %{INT}',
  SYSLOGTIMESTAMP: '%{MONTH} +%{MONTHDAY} %{TIME}',

  // Programs
  PROG: String.raw`[!-Z\\^-~]+`,
  JAVACLASS: String.raw`(?:[A-Za-z$_][A-Za-z0-9$_]*\.)*[A-Za-z$_][A-Za-z0-9$_]*`,
  JAVAFILE: '[A-Za-z0-9_. -]+',
  SYSLOGHOST: '%{IPORHOST}',
  SYSLOGPROG: String.raw`%{PROG:appname}(?:\[%{POSINT:process.pid:int}\])?`,
  SYSLOGBASE: '%{SYSLOGTIMESTAMP:time} %{SYSLOGHOST:host} %{SYSLOGPROG}:',

  // Whole lines, of parts that are cheap to find: where a line is of this form they are what their names say.
  BRACKETED: String.raw`[^\]]*`,
  QUOTED: '[^"]*',
  METHOD: '[A-Z]+',
  STATUS: '[0-9]{3}',
  VERSION: '[0-9.]+',
  DIGITS: '[0-9]+',
  REQUEST: '%{METHOD:http.request.method} %{NOTSPACE:url.original} HTTP/%{VERSION:network.protocol.version}',
  COMMONAPACHELOG: String.raw`%{NOTSPACE:client.address} \S+ %{NOTSPACE:user.name} \[%{BRACKETED:time}\] "(?:%{REQUEST}|%{QUOTED})" %{STATUS:http.response.status_code:int} (?:%{DIGITS:http.response.body.size:int}|-)`,
  COMBINEDAPACHELOG: '%{COMMONAPACHELOG} "%{QUOTED:http.request.header.referer}" "%{QUOTED:user_agent.original}"',
}
