// npm's oidc-provider, a certified OpenID provider, with three people who sign in by their name alone.
// node provider.mjs FOLDER PORT CLIENT_ADDRESS; FOLDER has node_modules/oidc-provider.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, port, client] = process.argv.slice(2);
const found = createRequire(`${folder}/`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(found));

const people = {
  rosa: { email: "rosa@example.org", email_verified: true, groups: ["lab"] },
  anna: { email: "anna@example.org", email_verified: false, groups: ["team"] },
  nobody: { groups: [] },
};
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: "mindsite", client_secret: "not-a-secret", redirect_uris: [`${client}/accounts/sso/back`],
    post_logout_redirect_uris: [`${client}/accounts/login/`],
  }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username", "groups"] },
  findAccount: (ctx, sub) => ({
    accountId: sub, claims: () => ({ sub, preferred_username: sub, ...people[sub] }),
  }),
  ttl: { Session: 600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
