import Engine
import Primitives
import Runtime
import Security
import Setup
import Visits

/// `samtal invite`: has the running daemon make a link for one recipient, and prints it.
enum InviteCommand {
  static let usage = """
    usage: samtal invite --visit VISIT [OPTIONS]

      --visit VISIT      the visit that the link opens
      --given-name NAME  the recipient's names: both before a call, and during one as they
      --family-name NAME are known; who has none gives one at the door
      --phone NUMBER     where the link is sent by SMS
      --email ADDRESS    where the link is sent by e-mail
      --kind KIND        interpreter, relative, colleague or other (default: other)
      --language TAG     of the message, as sv
      --agreed           the patient has agreed to this person taking part
      --clinic CLINIC    whose visit it is (default: that of the only key)
      --key KEYID        the key to sign with (default: the clinic's only one)
      --url URL          where the daemon is served (default: as the configuration says)
    \(OperatorSite.usage)

    A phone number or an e-mail address is needed. Prints the link, which is sent as well. Exit
    status 1 where the daemon refuses, with its reason.
    """

  /// How long the token that asks is good.
  private static let tokenLifetime = Duration.minutes(1)

  static func run(_ arguments: [String]) throws {
    let options = try CommandOptions(
      arguments,
      single: Set([
        "--visit", "--given-name", "--family-name", "--phone", "--email", "--kind", "--language",
        "--clinic", "--key", "--url",
      ]).union(OperatorSite.options), flags: ["--agreed"])
    let site = try OperatorSite(options)
    let visit = try options.read("--visit", "an identifier as vis_1") { VisitID($0) }
    guard let visit else { throw CommandOptions.Mistake(description: "--visit is missing") }
    let page = options["--url"] ?? site.configuration.pageURL(listening: nil)
    let (status, answer) = try DaemonRequest.post(
      body(options), to: "\(page)/v1/visits/\(visit)/invites", token: try token(options, site))
    guard (200..<300).contains(status) else {
      throw DaemonRequest.Failure(description: "the daemon refuses: \(reason(answer))")
    }
    let invite = answer["invites"]?.array?.first
    guard let id = invite?["invite"]?["id"]?.string.flatMap({ InviteID($0) }) else {
      throw DaemonRequest.Failure(description: "the daemon refuses: \(reason(invite ?? answer))")
    }
    print("\(page)/call#invite=\(site.secrets.links.secret(of: id, version: 1))")
  }

  private static func token(
    _ options: CommandOptions, _ site: OperatorSite
  ) throws -> String {
    let clinic = try options.read("--clinic", "an identifier as cli_north") { ClinicID($0) }
    let key = try site.signingKey(named: options["--key"], clinic: clinic)
    return JWT.sign(
      subject: "samtal-invite",
      claims: [
        "clinic": .string(key.clinic.text), "role": .string(TokenBearer.backEndRole),
      ], from: WallClock.now(), for: tokenLifetime, key: key.key)
  }

  private static func body(_ options: CommandOptions) -> JSON {
    func text(_ name: String) -> JSON? { options[name].map(JSON.string) }
    let recipient = JSON.compact([
      "given_name": text("--given-name"), "family_name": text("--family-name"),
      "phone": text("--phone"), "email": text("--email"), "kind": text("--kind") ?? "other",
      "language": text("--language"),
    ])
    return [
      "recipients": [recipient], "agreed_with_patient": .bool(options.has("--agreed")),
    ]
  }

  /// The daemon's stable word, with the argument at fault.
  private static func reason(_ answer: JSON) -> String {
    let reason = answer["reason"]?.string ?? "for no reason that it says"
    return reason + (answer["field"]?.string.map { " (\($0))" } ?? "")
  }
}
