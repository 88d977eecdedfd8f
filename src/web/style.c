/*
 * The style sheet.  A file of its own lets the pages forbid all inline style.
 */
#include "web/answer_impl.h"

const char web_type_css[] = "text/css; charset=utf-8";

static const char style[] =
    ":root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1b2330;"
    "--soft:#5a6578;--line:#dfe3ea;--link:#1552b0;"
    "--good:#0b6b37;--good-bg:#dcf3e4;--fair:#0f4f96;--fair-bg:#deebfb;"
    "--warn:#7c4a00;--warn-bg:#fdeccb;--bad:#a11622;--bad-bg:#fde0e1;"
    "--plain-bg:#e8ebf0}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#11151c;--card:#1a202a;"
    "--text:#e4e8ef;--soft:#9aa6b8;--line:#2c3544;--link:#8ab8ff;"
    "--good:#7fe0a5;--good-bg:#123524;--fair:#9cc7ff;--fair-bg:#162f4f;"
    "--warn:#ffce7a;--warn-bg:#3d2c0b;--bad:#ff9ea3;--bad-bg:#45181c;"
    "--plain-bg:#2a323f}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--text);"
    "font:16px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;"
    "-webkit-text-size-adjust:100%}\n"
    "header,main,footer{max-width:70rem;margin:0 auto;padding:0 1rem}\n"
    "header{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.25rem;"
    "padding-top:.9rem;padding-bottom:.2rem}\n"
    "header strong{font-size:1.15rem;letter-spacing:.02em}\n"
    "nav{display:flex;gap:.25rem;flex:1}\n"
    "nav a{display:block;padding:.45rem .7rem;border-radius:.5rem;"
    "text-decoration:none}\n"
    ".here a{background:var(--plain-bg);color:var(--text)}\n"
    "form{display:flex;gap:.4rem}\n"
    "input,button{font:inherit;padding:.4rem .65rem;border-radius:.5rem;"
    "border:1px solid var(--line);background:var(--card);color:var(--text);"
    "min-width:0}\n"
    "input{width:13rem}button{cursor:pointer}\n"
    "a{color:var(--link)}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:.9rem 0 .8rem;"
    "overflow-wrap:anywhere}\n"
    "h2{font-size:1.1rem;margin:1.8rem 0 .6rem}\n"
    "p{margin:.5rem 0}.soft,footer,.none{color:var(--soft)}\n"
    "footer{font-size:.85rem;padding-top:1.5rem;padding-bottom:2rem}\n"
    /* numbers */
    ".tiles{display:grid;gap:.6rem;"
    "grid-template-columns:repeat(auto-fill,minmax(6.4rem,1fr));margin:0}\n"
    ".tiles div{background:var(--card);border:1px solid var(--line);"
    "border-radius:.7rem;padding:.6rem .8rem}\n"
    ".tiles dt{color:var(--soft);font-size:.85rem}\n"
    ".tiles dd{margin:0;font-size:1.4rem;font-weight:600;"
    "font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    ".tiles .bad dd{color:var(--bad)}.tiles .warn dd{color:var(--warn)}\n"
    /* words */
    "b{display:inline-block;font-weight:600;font-size:.82rem;line-height:1.5;"
    "padding:0 .5rem;border-radius:.5rem;background:var(--plain-bg);"
    "white-space:nowrap;max-width:100%;overflow:hidden;"
    "text-overflow:ellipsis;vertical-align:bottom}\n"
    "b.good{color:var(--good);background:var(--good-bg)}\n"
    "b.fair{color:var(--fair);background:var(--fair-bg)}\n"
    "b.warn{color:var(--warn);background:var(--warn-bg)}\n"
    "b.bad{color:var(--bad);background:var(--bad-bg)}\n"
    ".result{font-size:.85rem;color:var(--soft);white-space:nowrap}\n"
    /* cards and tables */
    ".card{background:var(--card);border:1px solid var(--line);"
    "border-radius:.7rem;padding:.7rem .9rem;margin:0 0 .6rem}\n"
    ".card.bad{border-left:.3rem solid var(--bad)}\n"
    ".card.good{border-left:.3rem solid var(--good)}\n"
    ".card.warn{border-left:.3rem solid var(--warn)}\n"
    ".top{display:flex;flex-wrap:wrap;gap:.2rem .6rem;align-items:center}\n"
    ".top a,.top strong{font-weight:600;overflow-wrap:anywhere}\n"
    ".reply{margin:.35rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;"
    "font:.88rem/1.4 ui-monospace,'DejaVu Sans Mono',Menlo,monospace;"
    "color:var(--soft);unicode-bidi:isolate}\n"
    ".wrap{background:var(--card);border:1px solid var(--line);"
    "border-radius:.7rem;overflow:hidden}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;padding:.5rem .8rem;vertical-align:top;"
    "overflow-wrap:anywhere}\n"
    "th{font-size:.82rem;font-weight:600;color:var(--soft);white-space:nowrap}\n"
    "th.w{width:24%;min-width:10rem}\n"
    "tbody tr{border-top:1px solid var(--line)}\n"
    "td time,td.n{white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "td .reply{margin-top:.15rem}\n"
    ".facts{display:grid;gap:.15rem 1.2rem;margin:.5rem 0 0;"
    "grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));font-size:.92rem}\n"
    ".facts div{display:flex;gap:.6rem}\n"
    ".facts dt{color:var(--soft);flex:0 0 6.5rem}\n"
    ".facts .wide{grid-column:1/-1}\n"
    ".facts dd{margin:0;min-width:0;overflow-wrap:anywhere}\n"
    /* no room for columns: rows become cards, each cell beside its name */
    "@media(max-width:60rem){\n"
    "thead{position:absolute;clip-path:inset(50%)}\n"
    "table,tbody,tr,td{display:block}\n"
    "tr{padding:.55rem .9rem}\n"
    "td{padding:.1rem 0}\n"
    "td[data-label]{display:flex;gap:.6rem}\n"
    "td[data-label]::before{content:attr(data-label);color:var(--soft);"
    "flex:0 0 5.5rem;font-size:.88rem}\n"
    "td:empty{display:none}td:first-child{font-weight:600}\n"
    "}\n"
    /* a phone */
    "@media(max-width:44rem){\n"
    "form,input{flex:1}form{flex-basis:100%}\n"
    "input,button,nav a{padding-top:.55rem;padding-bottom:.55rem}\n"
    ".tiles{grid-template-columns:repeat(3,1fr)}\n"
    ".tiles div{padding:.5rem .6rem}.tiles dd{font-size:1.2rem}\n"
    ".facts{grid-template-columns:1fr}\n"
    "}\n"
    "@media print{form,nav{display:none}body{background:none}}\n";

bool
web_make_style(const struct web_request *r, struct web_answer *a,
    struct error *err)
{
	(void)r;
	(void)err;
	a->type = web_type_css;
	return buf_append(&a->body, style, sizeof(style) - 1);
}
