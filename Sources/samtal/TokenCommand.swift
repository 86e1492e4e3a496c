import Engine
import Glibc
import Primitives
import Runtime
import Security
import Visits

/// `samtal token`: mints a token with a key of this machine's, as a clinic's back end would.
enum TokenCommand {
  static let usage = """
    usage: samtal token --role ROLE [OPTIONS]

      --role ROLE        staff, patient, proxy, guest or backend
      --clinic CLINIC    whose key signs (default: that of the only key)
      --key KEYID        which key signs, by its name in the file with the keys
      --person PERSON    who it is: an opaque identifier, per_… (default: drawn)
      --name NAME        what others in the call read
      --title TITLE      a member of staff's title
      --visit VISIT      the one visit that it is for
      --kind KIND        of a guest: interpreter, relative, colleague or other
      --unit UNIT        where a member of staff works; more than one may be given
      --proxy-for PERSON a patient for whom a proxy acts; more than one may be given
      --identified-by X  e_id, staff or unverified
      --admission X      direct (as the clinic's policy says) or lobby (always wait)
      --permission NAME  a method that it allows (default: all of the role's)
      --session-ttl TIME how long a session lasts at most, as 8h
      --ttl TIME         how long the token is good, as 90s, 15m or 12h (default 15m)
      --link             print the link that opens the reference page with it
    \(OperatorSite.usage)

    Prints the token, which lets in whoever has it. Exit status 1 where it cannot be made.
    """

  static let single: Set<String> = [
    "--role", "--clinic", "--key", "--person", "--name", "--title", "--visit", "--kind",
    "--identified-by", "--admission", "--session-ttl", "--ttl",
  ]

  static func run(_ arguments: [String]) throws {
    let options = try CommandOptions(
      arguments, single: single.union(OperatorSite.options),
      repeated: ["--unit", "--proxy-for", "--permission"], flags: ["--link"])
    let site = try OperatorSite(options)
    let token = try mint(options, at: site, now: WallClock.now())
    guard options.has("--link") else { return print(token) }
    print(site.configuration.pageURL(listening: nil) + "/call#token=" + token)
  }

  /// The token that the options ask for; refused where the daemon would not take it.
  static func mint(
    _ options: CommandOptions, at site: OperatorSite, now: WallTime
  ) throws -> String {
    let clinic = try options.read("--clinic", "an identifier as cli_north") { ClinicID($0) }
    let key = try site.signingKey(named: options["--key"], clinic: clinic)
    var random = RandomSource(seed: KernelRandom.seed())
    let drawn = PersonID(random: &random)
    let person = try options.read("--person", "an identifier as per_1") { PersonID($0) } ?? drawn
    let lifetime = try options.read("--ttl", "a time as 15m", readTime) ?? .minutes(15)
    let token = JWT.sign(
      subject: person.text, claims: try claims(options, clinic: key.clinic), from: now,
      for: lifetime, key: key.key)
    let verified = try JWT(verifying: token, keys: [key.key], now: now)
    guard TokenBearer(verified, clinic: key.clinic) != nil else {
      throw CommandOptions.Mistake(
        description: "the daemon would refuse this: a value is of no form that it knows, "
          + "or does not go with the role")
    }
    return token
  }

  private static func claims(
    _ options: CommandOptions, clinic: ClinicID
  ) throws(CommandOptions.Mistake) -> JSON {
    let lifetime = try options.read("--session-ttl", "a time as 8h", readTime)
    func text(_ name: String) -> JSON? { options[name].map(JSON.string) }
    func list(_ name: String) -> JSON? {
      let values = options.all(name)
      return values.isEmpty ? nil : .array(values.map(JSON.string))
    }
    return .compact([
      "clinic": .string(clinic.text), "role": .string(try options.required("--role")),
      "visit": text("--visit"), "name": text("--name"), "title": text("--title"),
      "kind": text("--kind"), "units": list("--unit"), "proxy_for": list("--proxy-for"),
      "identified_by": text("--identified-by"), "admission": text("--admission"),
      "permissions": list("--permission"),
      "session_ttl": lifetime.map { .integer($0.milliseconds / 1_000) },
    ])
  }

  /// A number with s, m, h or d behind it, from a second to a year.
  static func readTime(_ text: String) -> Duration? {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()),
      (1...365 * 86_400 / unit).contains(count)
    else { return nil }
    return .seconds(count * unit)
  }
}
